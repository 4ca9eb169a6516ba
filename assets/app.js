// What the pages do in the browser beyond htmx: everything here is an improvement of something that works without it.
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // The server's time: measured when the page is made and again with each live event, and carried on by a clock that
  // does not move when this computer's clock is set.
  const measured = {};
  const measure = (text) => { const time = Date.parse(text); if (time) Object.assign(measured, { time, at: performance.now() }); };
  const now = () => measured.time + performance.now() - measured.at;
  measure($('meta[name="ta-now"]')?.content || new Date().toISOString());

  // Announcements: two regions of the shell, nothing else is live.
  function announce(text, level = 'status') {
    const region = $(level === 'alert' ? '#ta-alert' : '#ta-status');
    if (!region || !text) return;
    region.textContent = '';
    setTimeout(() => { region.textContent = text; }, 50);
  }

  // Times and durations follow the clock; the words are those of the server (web/formats).
  const plural = (value, unit) => `${value} ${unit}`;
  function ago(seconds) {
    if (seconds < 60) return `${plural(Math.max(0, Math.floor(seconds)), 's')} ago`;
    if (seconds < 3600) return `${plural(Math.floor(seconds / 60), 'min')} ago`;
    return `${plural(Math.floor(seconds / 3600), 'h')} ago`;
  }
  function duration(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return plural(s, 's');
    if (s < 3600) return `${plural(Math.floor(s / 60), 'min')} ${plural(s % 60, 's')}`;
    return `${plural(Math.floor(s / 3600), 'h')} ${plural(Math.floor((s % 3600) / 60), 'min')}`;
  }
  function tick(selector, word) {
    for (const node of all(selector)) {
      const text = word((now() - Date.parse(node.dateTime || node.dataset.since)) / 1000);
      if (node.textContent !== text) node.textContent = text;
    }
  }
  const tickTimes = () => tick('time[data-ago]', ago);
  setInterval(tickTimes, 30000);
  setInterval(() => { if (!document.hidden) tick('[data-since]', duration); }, 1000);

  // Toasts: ten seconds, paused by pointer and focus; failures stay.
  function startToast(toast) {
    const failure = toast.dataset.level === 'danger';
    announce($('.toast-body > div', toast)?.innerText.replace(/\s+/g, ' ').trim(), failure ? 'alert' : 'status');
    if (failure) return;
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => { stop(); timer = setTimeout(() => toast.remove(), 10000); };
    toast.addEventListener('mouseenter', stop);
    toast.addEventListener('focusin', stop);
    toast.addEventListener('mouseleave', start);
    toast.addEventListener('focusout', start);
    start();
  }
  function watchToasts() {
    const box = $('#toasts');
    if (!box) return;
    all('.toast', box).forEach(startToast);
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes) if (node.matches?.('.toast')) startToast(node);
    }).observe(box, { childList: true });
  }

  // Menus are <details>: one open at a time, closed by Escape and by a click elsewhere, walked with the arrow keys.
  const openMenus = () => all('details.ta-drop[open]');
  function closeMenus(except, focus) {
    for (const menu of openMenus()) {
      if (menu === except) continue;
      menu.open = false;
      if (focus) $('summary', menu).focus();
    }
  }
  function walkMenu(event) {
    const menu = event.target.closest('details.ta-drop[open]');
    if (!menu || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    const items = all('.ta-menu a, .ta-menu button', menu);
    const step = event.key === 'ArrowDown' ? 1 : -1;
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length]?.focus();
    event.preventDefault();
  }

  // Dialogs: filled by htmx or in the page, opened here; focus goes back by itself.
  function openDialog(dialog) {
    if (dialog && !dialog.open) dialog.showModal();
  }

  // Keys, with an off switch in the profile; never inside fields.
  let chord = false;
  function moveRow(step) {
    const rows = all('.ta-table tbody tr').filter((row) => $('a', row));
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    rows.forEach((other) => other.classList.toggle('ta-current', other === row));
    $('a', row).focus();
  }
  const keys = {
    '/': () => ($('.js-search') || $('.js-filter'))?.focus(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    '[': () => $('a[rel="prev"]')?.click(),
    ']': () => $('a[rel="next"]')?.click(),
    g: () => { chord = true; setTimeout(() => { chord = false; }, 1500); },
    n: () => { const bell = $('#bell'); if (bell) { bell.open = true; $('summary', bell).focus(); } },
    '?': () => openDialog($('#help')),
  };
  function onKey(event) {
    walkMenu(event);
    if (event.key === 'Escape') closeMenus(null, true);
    if (document.body.dataset.keys === 'off' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, [contenteditable]') || $('dialog[open]')) return;
    const action = chord ? () => $(`.ta-nav a[data-key="${CSS.escape(event.key)}"]`)?.click() : keys[event.key];
    if (chord) chord = false;
    if (!action) return;
    event.preventDefault();
    action();
  }

  // One stream per page. States: live, connecting, lost, over. htmx retries a stream that broke; a first connection that
  // failed is retried here, and while there is none the page asks every 15 s. When the server ends a stream because this
  // person may no longer see the page, nothing is retried and the page says why.
  const live = { since: 0, wait: 1000, timer: 0, announced: false, over: false };
  const liveNode = () => $('#live');
  function showLive(state) {
    const sign = $('.ta-live');
    if (!sign || sign.dataset.state === state) return;
    const time = new Date(now()).toTimeString().slice(0, 5);
    sign.dataset.state = state;
    sign.textContent = state === 'live' ? 'Live' : state === 'connecting' ? 'Reconnecting…' : `Not live since ${time}.`;
    if (state !== 'lost') return;
    const again = document.createElement('a');
    again.href = location.href;
    again.textContent = 'Refresh';
    sign.append(' ', again);
  }
  function liveUp() {
    Object.assign(live, { since: 0, wait: 1000, over: false });
    showLive('live');
    if (live.announced) announce('Live updates are back.');
    live.announced = false;
  }
  function liveDown() {
    if (document.hidden || live.over) return;
    live.since ||= now();
    showLive(now() - live.since > 30000 ? 'lost' : 'connecting');
  }
  function reconnectLater() {
    liveDown();
    clearTimeout(live.timer);
    live.timer = setTimeout(() => { const node = liveNode(); if (node) htmx.trigger(node, 'ta:reconnect'); }, live.wait);
    live.wait = Math.min(live.wait * 2, 60000);
  }
  // Says once that this page is no longer live, and where to go on.
  function liveOver(why) {
    if (live.over) return;
    Object.assign(live, { over: true, since: 0 });
    clearTimeout(live.timer);
    const sign = $('.ta-live');
    if (sign) Object.assign(sign, { textContent: 'Not live.' }).dataset.state = 'over';
    const note = $(`#ta-over-${why}`)?.content.firstElementChild.cloneNode(true);
    if (!note) return;
    const here = location.pathname + location.search;
    for (const link of all('a[href="/login"]', note)) link.href = `/login?next=${encodeURIComponent(here)}`;
    $('#toasts').append(note);
  }
  const whyOver = (status) => ({ 401: 'signed_out', 403: 'no_access', 404: 'no_access' })[status];
  // The server ended the stream. Another tab of this browser may have signed in since, or changed the password: then the
  // page may go on, so it asks before it says anything.
  async function askWhyOver() {
    const poll = liveNode()?.dataset.poll;
    if (!poll) return;
    try {
      const { status } = await fetch(poll, { headers: { 'HX-Request': 'true' } });
      const why = whyOver(status);
      if (why) liveOver(why); else reconnectLater();
    } catch { reconnectLater(); }
  }
  function watchLive() {
    const isLive = (event) => event.target === liveNode();
    document.addEventListener('htmx:sse:after:connection', (event) => { if (isLive(event)) liveUp(); });
    document.addEventListener('htmx:sse:error', (event) => {
      if (!isLive(event)) return;
      const why = whyOver(event.detail.status);
      if (!why) return liveDown();
      event.detail.connection.config.reconnect = false;
      liveOver(why);
    });
    document.addEventListener('htmx:response:error', (event) => {
      if (!isLive(event)) return;
      const why = whyOver(event.detail.ctx.response.status);
      if (why) liveOver(why); else reconnectLater();
    });
    document.addEventListener('htmx:error', (event) => { if (isLive(event)) reconnectLater(); });
    document.addEventListener('over', (event) => { if (isLive(event)) askWhyOver(); });
    document.addEventListener('announce', (event) => announce(event.detail?.data));
    document.addEventListener('ta-now', (event) => { measure(event.detail?.data); tickTimes(); });
    setInterval(() => {
      const node = liveNode();
      if (!live.since || !node || document.hidden) return;
      liveDown();
      if (now() - live.since > 10000 && !live.announced) {
        announce('Live updates are lost.');
        live.announced = true;
      }
      if (node.dataset.poll) htmx.ajax('GET', node.dataset.poll, { target: '#ta-poll', swap: 'none' });
    }, 15000);
  }

  // A control that is off stays focusable and says why; it does nothing.
  function guardDisabled(event) {
    if (event.target.closest('[aria-disabled="true"]')) { event.preventDefault(); event.stopPropagation(); }
  }

  async function copy(button) {
    const text = button.dataset.copy || $(button.dataset.copyFrom)?.textContent || location.href;
    try {
      await navigator.clipboard.writeText(text);
      announce('Copied.');
      button.dataset.done = 'true';
    } catch { announce('Copying is not allowed here.'); }
  }

  document.addEventListener('click', guardDisabled, true);
  document.addEventListener('submit', (event) => { if (event.submitter) guardDisabled({ target: event.submitter,
    preventDefault: () => event.preventDefault(), stopPropagation: () => event.stopPropagation() }); }, true);
  document.addEventListener('click', (event) => {
    const target = event.target;
    closeMenus(target.closest('details.ta-drop'));
    if (target.closest('[data-close]')) target.closest('.toast, dialog').matches('dialog')
      ? target.closest('dialog').close() : target.closest('.toast').remove();
    if (target.closest('[data-copy], [data-copy-from]')) copy(target.closest('[data-copy], [data-copy-from]'));
    if (target.closest('[data-dialog]')) openDialog($(target.closest('[data-dialog]').dataset.dialog));
    if (target.closest('.ta-sidebar a')) $('.ta-sidebar').hidePopover?.();
  });
  document.addEventListener('keydown', onKey);
  document.addEventListener('htmx:after:swap', () => { tickTimes(); if ($('#dialog')?.childElementCount) openDialog($('#dialog')); });
  document.addEventListener('DOMContentLoaded', () => {
    watchToasts();
    tickTimes();
    $('[data-focus]')?.focus();
  });
  watchLive();
})();
