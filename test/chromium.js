import { existsSync } from 'node:fs'

export const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell'
export const WITH_WINDOW = '/usr/bin/chromium'

/** Debian's Chromium, without its window if that is installed: the same tests take less than half of the CPU time. */
export const CHROMIUM = existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : WITH_WINDOW
/** How tests and benches start it. */
export const SWITCHES = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
