// Database ids that the compiler keeps apart: a RunId is not a TenantId.
#pragma once
#include <fmt/format.h>
#include <compare>
#include <cstdint>
#include <functional>

namespace ta {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  constexpr Id() = default;
  constexpr explicit Id(std::int64_t v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
};

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using RunId = Id<struct RunTag>;
using ConnectionId = Id<struct ConnectionTag>;
using NotificationId = Id<struct NotificationTag>;
using InventoryItemId = Id<struct InventoryItemTag>;

}  // namespace ta

template <class Tag>
struct std::hash<ta::Id<Tag>> {
  std::size_t operator()(ta::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};

template <class Tag>
struct fmt::formatter<ta::Id<Tag>> : fmt::formatter<std::int64_t> {
  auto format(ta::Id<Tag> id, fmt::format_context& ctx) const {
    return fmt::formatter<std::int64_t>::format(id.value, ctx);
  }
};
