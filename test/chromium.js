/** Debian's Chromium, and how tests and benches start it. */
export const CHROMIUM = '/usr/bin/chromium'
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
