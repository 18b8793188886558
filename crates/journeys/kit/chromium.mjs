// Debian's Chromium, headless, in which *.test is this machine and the test's certificate is trusted.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** The switches; `pin` is the certificate's key, as startPortvakt gives it. */
function settings(pin) {
  if (!executablePath) throw new Error("Chromium is missing: apt-get install chromium");
  return {
    executablePath,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.test 127.0.0.1"],
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
  };
}

/** Its profiles are private windows: they keep cookies from frames of other sites. */
export async function launch(pin) {
  return chromium.launch(settings(pin));
}

/** One usual profile, kept in `folder`, in which frames of other sites have their cookies (Debian blocks them). */
export async function launchProfile(pin, folder, options = {}) {
  mkdirSync(join(folder, "Default"), { recursive: true });
  const profile = { block_third_party_cookies: false, cookie_controls_mode: 0 };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify({ profile }));
  return chromium.launchPersistentContext(folder, { ...settings(pin), ...options });
}
