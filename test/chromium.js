import { existsSync } from 'node:fs'

export const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell'
export const WITH_WINDOW = '/usr/bin/chromium'

/**
 * Debian's Chromium. The headless build is preferred, because it needs less than half of the CPU time for the same
 * tests.
 */
export const CHROMIUM = existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : WITH_WINDOW
/** Chromium's command-line switches for tests and benchmarks. */
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
