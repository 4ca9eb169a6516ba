#include "simulator/world.h"

#include <cassert>
#include <mutex>
#include <set>

#include "base/random.h"
#include "simulator/object_shape.h"
#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

ObjectPtr make_object(const EntitySet& set, NewObject object) {
  auto made = std::make_shared<Object>();
  made->id = json_string(object.body, "id");
  made->parts = std::move(object.parts);
  made->visible_at = object.visible_at;
  made->body = std::move(object.body);
  made->list_text = json::serialize(shown_body(set, made->body, {.beta = true, .in_list = true, .select = {}}));
  return made;
}

CollectionPtr with_index(std::vector<ObjectPtr> items) {
  auto collection = std::make_shared<Collection>();
  collection->items = std::move(items);
  for (std::size_t i = 0; i < collection->items.size(); ++i) collection->index.emplace(collection->items[i]->id, i);
  return collection;
}

// Those of `object` that `other` does not have.
std::vector<std::string> members_missing(const Object* object, const Object* other) {
  std::vector<std::string> missing;
  if (!object) return missing;
  const auto members = object->parts.find("members");
  if (members == object->parts.end()) return missing;
  std::set<std::string> there;
  if (const auto others = other ? other->parts.find("members") : object->parts.end();
      other && others != other->parts.end())
    for (const json::value& member : others->second) there.insert(json_string(member, "id"));
  for (const json::value& member : members->second)
    if (std::string id = json_string(member, "id"); !there.contains(id)) missing.push_back(std::move(id));
  return missing;
}

}  // namespace

void mark_modified(json::object& body, Timestamp now) {
  for (const std::string_view date : {"lastModifiedDateTime", "modifiedDateTime"})
    if (body.contains(date)) body[date] = to_rfc3339(now);
  if (const auto* version = body.if_contains("version"); version && version->is_int64())
    body["version"] = version->get_int64() + 1;
}

const Object* Collection::find(std::string_view id) const {
  const auto found = index.find(std::string(id));
  return found == index.end() ? nullptr : items[found->second].get();
}

const App& Tenant::app(std::string_view purpose) const {
  const auto found = std::find_if(apps.begin(), apps.end(), [&](const App& app) { return app.purpose == purpose; });
  assert(found != apps.end());
  return *found;
}

const App* Tenant::find_app(std::string_view client_id) const {
  const auto found = std::find_if(apps.begin(), apps.end(), [&](const App& app) { return app.client_id == client_id; });
  return found == apps.end() ? nullptr : &*found;
}

std::size_t Tenant::object_count() const {
  std::size_t count = 0;
  for (const auto& [path, objects] : sets)
    if (find_set(path)->counted) count += objects->items.size();
  return count;
}

CollectionPtr make_collection(const EntitySet& set, std::vector<NewObject> objects) {
  std::vector<ObjectPtr> items;
  items.reserve(objects.size());
  for (NewObject& object : objects) items.push_back(make_object(set, std::move(object)));
  return with_index(std::move(items));
}

World::World(const WorldOptions& options) : tenants_(generate_tenants(options)) {}

const Tenant* World::find_tenant(std::string_view id_or_domain) const {
  for (const Tenant& tenant : tenants_)
    if (same_text(tenant.id, id_or_domain) || same_text(tenant.domain, id_or_domain)) return &tenant;
  return nullptr;
}

CollectionPtr World::collection(const Tenant& tenant, const EntitySet& set) const {
  if (!set.union_of.empty()) return united(tenant, set);
  const std::shared_lock lock(mutex_);
  const auto found = tenant.sets.find(set.path);
  return found == tenant.sets.end() ? with_index({}) : found->second;
}

CollectionPtr World::united(const Tenant& tenant, const EntitySet& set) const {
  std::vector<ObjectPtr> items;
  for (const std::string& path : set.union_of) {
    const CollectionPtr part = collection(tenant, *find_set(path));
    for (const ObjectPtr& object : part->items) items.push_back(make_object(set, {object->body, {}}));
  }
  return with_index(std::move(items));
}

std::size_t World::listable(const Tenant& tenant, std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (const EntitySet* set = find_set(path)) return set->apps_cannot_read ? 0 : collection(tenant, *set)->items.size();
  const std::size_t open = path.find("/{"), close = path.find("}/");
  const EntitySet* parent = open == path.npos ? nullptr : find_set(path.substr(0, open));
  if (!parent || close == path.npos) return 0;
  std::size_t count = 0;
  const CollectionPtr parents = collection(tenant, *parent);
  for (const ObjectPtr& object : parents->items)
    if (const auto part = object->parts.find(std::string(path.substr(close + 2))); part != object->parts.end())
      count += part->second.size();
  return count;
}

std::size_t World::object_count(const Tenant& tenant) const {
  const std::shared_lock lock(mutex_);
  return tenant.object_count();
}

struct World::Place {
  const EntitySet* set;
  CollectionPtr* collection;
  const std::string* tenant;
};

Result<World::Place> World::locate(std::string_view tenant, std::string_view set) {
  const EntitySet* known = find_set(set);
  if (!known) return fail(FailureCode::graph_not_found, "no entity set of that path: " + std::string(set));
  const Tenant* owner = find_tenant(tenant);
  if (!owner) return fail(FailureCode::graph_not_found, "no such tenant: " + std::string(tenant));
  CollectionPtr& place = tenants_[static_cast<std::size_t>(owner - tenants_.data())].sets[std::string(set)];
  if (!place) place = with_index({});
  return Place{known, &place, &owner->id};
}

void World::note(const Place& place, const Object* before, const Object* after) {
  if (place.set->path != "groups") return;
  GroupChange change{.id = after ? after->id : before->id, .removed = !after};
  if (!after) {
    // Only Microsoft 365 groups wait in the recycle bin.
    const json::value* types = before->body.if_contains("groupTypes");
    change.restorable = types && json::serialize(*types).find("Unified") != std::string::npos;
  } else {
    change.members_added = members_missing(after, before);
    change.members_removed = members_missing(before, after);
  }
  group_changes_[*place.tenant].push_back(std::move(change));
}

std::int64_t World::last_change(const Tenant& tenant) const {
  const std::shared_lock lock(mutex_);
  const auto found = group_changes_.find(tenant.id);
  return found == group_changes_.end() ? 0 : std::ssize(found->second);
}

std::vector<GroupChange> World::changes(const Tenant& tenant, std::int64_t after, std::int64_t until) const {
  const std::shared_lock lock(mutex_);
  const auto found = group_changes_.find(tenant.id);
  if (found == group_changes_.end()) return {};
  const std::int64_t end = std::min<std::int64_t>(until, std::ssize(found->second));
  if (after < 0 || after >= end) return {};
  return {found->second.begin() + after, found->second.begin() + end};
}

Result<std::string> World::add(std::string_view tenant, std::string_view set, NewObject object) {
  const std::unique_lock lock(mutex_);
  auto place = locate(tenant, set);
  if (!place) return tl::make_unexpected(place.error());
  std::string id = json_string(object.body, "id");
  if (id.empty()) object.body["id"] = id = SecureRandom{}.uuid();
  if ((*place->collection)->find(id)) return fail(FailureCode::graph_conflict, "an object with id " + id + " exists");
  std::vector<ObjectPtr> items = (*place->collection)->items;
  items.push_back(make_object(*place->set, std::move(object)));
  note(*place, nullptr, items.back().get());
  *place->collection = with_index(std::move(items));
  return id;
}

Result<std::string> World::edit(std::string_view tenant, std::string_view set, std::string_view id,
                                const std::function<void(NewObject&)>& edit) {
  const std::unique_lock lock(mutex_);
  auto place = locate(tenant, set);
  if (!place) return tl::make_unexpected(place.error());
  const Object* old = (*place->collection)->find(id);
  if (!old) return fail(FailureCode::graph_not_found, "no object with id " + std::string(id));
  NewObject next{old->body, old->parts, old->visible_at};
  edit(next);
  next.body["id"] = id;
  std::vector<ObjectPtr> items = (*place->collection)->items;
  ObjectPtr& item = items[(*place->collection)->index.at(std::string(id))];
  item = make_object(*place->set, std::move(next));
  note(*place, old, item.get());
  *place->collection = with_index(std::move(items));
  return std::string(id);
}

Result<std::string> World::change(std::string_view tenant, std::string_view set, std::string_view id, NewObject changes,
                                  Timestamp now) {
  return edit(tenant, set, id, [&](NewObject& next) {
    for (auto& member : changes.body) next.body[member.key()] = member.value();
    for (auto& [name, items] : changes.parts) next.parts[name] = items;
    mark_modified(next.body, now);
  });
}

Result<std::string> World::remove(std::string_view tenant, std::string_view set, std::string_view id) {
  const std::unique_lock lock(mutex_);
  auto place = locate(tenant, set);
  if (!place) return tl::make_unexpected(place.error());
  const auto found = (*place->collection)->index.find(std::string(id));
  if (found == (*place->collection)->index.end())
    return fail(FailureCode::graph_not_found, "no object with id " + std::string(id));
  std::vector<ObjectPtr> items = (*place->collection)->items;
  note(*place, items[found->second].get(), nullptr);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(found->second));
  *place->collection = with_index(std::move(items));
  return std::string(id);
}

void empty_recycle_bin(World& world, const Tenant& tenant, const EntitySet& bin, Timestamp now) {
  constexpr std::chrono::hours kKept{30 * 24};
  const CollectionPtr deleted = world.collection(tenant, bin);
  for (const ObjectPtr& object : deleted->items) {
    const auto since = parse_rfc3339(json_string(object->body, "deletedDateTime"));
    if (since && *since + kKept <= now) std::ignore = world.remove(tenant.id, bin.path, object->id);
  }
}

}  // namespace ta::simulator
