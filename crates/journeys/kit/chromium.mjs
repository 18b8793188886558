// Debian's Chromium, headless, in which *.test is this machine and the test's certificate is trusted.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** @param pin the certificate's key, as startPortvakt gives it */
export async function launch(pin) {
  if (!executablePath) throw new Error("Chromium is missing: apt-get install chromium");
  return chromium.launch({
    executablePath,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.test 127.0.0.1"],
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
  });
}
