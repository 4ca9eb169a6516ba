// How it looks for me: theme, time zone, shortcuts, and where I am signed in.
#pragma once
#include "access/sign_in.h"
#include "web/site.h"

namespace ta::web {

// GET and POST /profile, POST /profile/sign-out-everywhere, POST /theme.
void register_profile_pages(Site& site, access::SignIn& sign_in);

}  // namespace ta::web
