import { Math } from '../../platform/platform.js'
import { REDACTED } from '../names/secret-names.js'

/** A part of a text, from `start` to the character before `end`, and the text that replaces the part. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly shown: string
}

/** Adds the part between two indexes as a secret. Ignores an empty part. */
export function hideSpan(spans: Span[], start: number, end: number): void {
  if (end > start) spans.push({ start, end, shown: REDACTED })
}

/** Calls `visit` for each match. The search continues at the pattern's `lastIndex`, which `visit` may change. */
export function forEachMatch(pattern: RegExp, text: string, visit: (match: RegExpExecArray) => void): void {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) visit(match)
}

/** Adds the first group of each match as a secret. The match must end with this group. */
export function hideGroups(pattern: RegExp, text: string, spans: Span[]): void {
  forEachMatch(pattern, text, ([, group = '']) => hideSpan(spans, pattern.lastIndex - group.length, pattern.lastIndex))
}

/** Returns the first `length` characters of a text, with its spans replaced. Merges spans that overlap or touch. */
export function replaceSpans(text: string, spans: Span[], length: number): string {
  spans.sort((a, b) => a.start - b.start || b.end - a.end)
  let shown = ''
  let from = 0
  for (let index = 0; index < spans.length; ) {
    let { start, end, shown: replacement } = spans[index] as Span
    if (start >= length) break
    for (index++; index < spans.length; index++) {
      const next = spans[index] as Span
      if (next.start > end || (next.start === end && replacement !== REDACTED)) break
      // A part may have been rewritten instead of hidden. It is then unknown which characters of the rewritten text
      // belong to an overlapping part, so both parts are hidden.
      if (next.end > end || next.shown === REDACTED) replacement = REDACTED
      end = Math.max(end, next.end)
    }
    shown += text.slice(from, start) + replacement
    from = end
  }
  return from >= length ? shown : shown + text.slice(from, length)
}
