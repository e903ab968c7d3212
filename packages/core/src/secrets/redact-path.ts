import { redactText } from './redact-text.js'

const MAX_PATH_CHARS = 10_000

/**
 * Redacts the path of a request. For some hosts, the path is a secret: anyone who knows a path of hooks.slack.com may
 * post there.
 */
export function redactPath(hostname: string, path: string): string {
  const origin = `https://${hostname}`
  const redacted = redactText(`${origin}${path}`, MAX_PATH_CHARS)
  return redacted.startsWith(origin) ? redacted.slice(origin.length) : path
}
