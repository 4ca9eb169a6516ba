// Gathers the page assets into one folder: node build.mjs OUT
//   tabler.css   the look, as published      app.css    our kit on top of it
//   app.js       htmx, its sse extension and our script, in one file      icons.svg  one sprite of icons.txt
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
mkdirSync(out, { recursive: true });

const read = (path) => readFileSync(join(here, path), 'utf8');
const published = (path) => read(join('node_modules', path)).replace(/\/[/*]# sourceMappingURL=.*/g, '').trim();

const symbol = (name) => {
  const svg = published(`@tabler/icons/icons/outline/${name}.svg`).replace(/<!--[\s\S]*?-->/g, '');
  const shapes = svg.replace(/^\s*<svg[^>]*>|<\/svg>\s*$/g, '').replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
};

const icons = read('icons.txt').split('\n').map((line) => line.trim()).filter(Boolean);
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join('\n')}\n</svg>\n`;
const script = [published('htmx.org/dist/htmx.min.js'), published('htmx.org/dist/ext/hx-sse.min.js'), read('app.js')];

writeFileSync(join(out, 'tabler.css'), published('@tabler/core/dist/css/tabler.min.css'));
writeFileSync(join(out, 'app.css'), read('app.css'));
writeFileSync(join(out, 'app.js'), script.join('\n;\n'));
writeFileSync(join(out, 'icons.svg'), sprite);
