import { redactText } from './redact-text.js'

const MAX_PATH_CHARS = 10_000

/** Redacts the path of a request. The host may make it a secret: who knows a path of hooks.slack.com may post there. */
export function redactPath(hostname: string, path: string): string {
  const origin = `https://${hostname}`
  const redacted = redactText(`${origin}${path}`, MAX_PATH_CHARS)
  return redacted.startsWith(origin) ? redacted.slice(origin.length) : path
}
