// The simulated tenants: who they are, which apps may sign in, which objects they hold.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "base/time.h"
#include "simulator/entity_sets.h"

namespace ta::simulator {

struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t tenants = 2;
  // Exactly so many, from about 250; with fewer, what every tenant has still comes to some hundred.
  std::size_t objects_per_tenant = 300;
  Timestamp now =
      Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};  // the newest date in the objects
};

// An app registration in one tenant.
struct App {
  std::string purpose;  // "full" (reads all), "limited" (but no scripts), "expired_secret", "no_consent", "writer",
                        // "public"
  std::string display_name;
  std::string client_id;
  std::string object_id;  // of its service principal
  std::string client_secret;
  Timestamp secret_expires_at;
  bool consented = true;
  std::vector<std::string> roles;   // granted application permissions
  std::vector<std::string> scopes;  // permissions that it may borrow from signed-in users
  bool is_public = false;           // has neither secret nor certificate: only people sign in to it
};

// Somebody who can sign in.
struct User {
  std::string id, principal_name, display_name;
};

// One object; never changed once it is in a set.
struct Object {
  std::string id;
  json::object body;                         // every property of the single GET, nulls included
  std::map<std::string, json::array> parts;  // the collections below it
  std::string list_text;                     // the body as beta lists show it, already serialised
  Timestamp visible_at;                      // other services do not know a new group before
};
using ObjectPtr = std::shared_ptr<const Object>;

// The objects of one set of one tenant at one instant.
struct Collection {
  std::vector<ObjectPtr> items;  // in the order of creation
  std::unordered_map<std::string, std::size_t> index;

  const Object* find(std::string_view id) const;
};
using CollectionPtr = std::shared_ptr<const Collection>;

struct Tenant {
  std::string id;  // the Entra tenant id
  std::string display_name;
  std::string domain;  // contoso.onmicrosoft.com
  std::vector<App> apps;
  std::vector<User> users;                                 // an administrator first
  std::map<std::string, CollectionPtr, std::less<>> sets;  // by path

  const App& app(std::string_view purpose) const;
  const App* find_app(std::string_view client_id) const;  // nullptr when unknown
  std::size_t object_count() const;                       // of the types that tools back up
};

// A new or replacing object, before the set has prepared it.
struct NewObject {
  json::object body;  // must have a string "id"
  std::map<std::string, json::array> parts;
  Timestamp visible_at = {};
};

// What has happened to a group, as change tracking tells it.
struct GroupChange {
  std::string id;
  bool removed = false, restorable = false;
  std::vector<std::string> members_added, members_removed;
};

// Safe to use from several threads: readers get immutable collections, writers replace them.
class World {
 public:
  // The same options always give the same world, secrets and ids included.
  explicit World(const WorldOptions& options);

  // By Entra tenant id or domain, without case; nullptr when unknown. Tenants are never removed.
  const Tenant* find_tenant(std::string_view id_or_domain) const;
  const std::vector<Tenant>& tenants() const { return tenants_; }  // `sets` is not stable: use collection()
  CollectionPtr collection(const Tenant& tenant, const EntitySet& set) const;
  std::size_t object_count(const Tenant& tenant) const;
  // How many objects an app can list at a path, which may name a part below every object of a set:
  // "/deviceManagement/depOnboardingSettings/{id}/enrollmentProfiles". 0 for an unknown path.
  std::size_t listable(const Tenant& tenant, std::string_view path) const;

  // Changes to the tenant's groups are numbered from 1; changes(tenant, a, b) are those after `a` up to `b`.
  std::int64_t last_change(const Tenant& tenant) const;
  std::vector<GroupChange> changes(const Tenant& tenant, std::int64_t after, std::int64_t until) const;

  // All three fail with graph.not_found (tenant, set or object) or graph.conflict (the id exists) and change nothing
  // then.
  Result<std::string> add(std::string_view tenant, std::string_view set, NewObject object);
  // What `edit` makes of the object, seen by readers all at once; `edit` may throw to leave it as it was. Fails like
  // the others when there is no such object.
  Result<std::string> edit(std::string_view tenant, std::string_view set, std::string_view id,
                           const std::function<void(NewObject&)>& edit);
  // Merges properties, replaces the parts given, moves lastModifiedDateTime to `now` and the version up by one.
  Result<std::string> change(std::string_view tenant, std::string_view set, std::string_view id, NewObject changes,
                             Timestamp now);
  Result<std::string> remove(std::string_view tenant, std::string_view set, std::string_view id);

 private:
  struct Place;
  CollectionPtr united(const Tenant& tenant, const EntitySet& set) const;
  Result<Place> locate(std::string_view tenant, std::string_view set);
  void note(const Place& place, const Object* before, const Object* after);

  mutable std::shared_mutex mutex_;  // guards every Tenant::sets
  std::vector<Tenant> tenants_;
  std::map<std::string, std::vector<GroupChange>, std::less<>> group_changes_;  // by tenant
};

// Moves the date of the last change to `now` and a numeric version up by one.
void mark_modified(json::object& body, Timestamp now);

// Objects of a recycle bin that are deleted for good by now: after 30 days.
void empty_recycle_bin(World& world, const Tenant& tenant, const EntitySet& bin, Timestamp now);

// Builds the collection, with index and list texts.
CollectionPtr make_collection(const EntitySet& set, std::vector<NewObject> objects);

}  // namespace ta::simulator
