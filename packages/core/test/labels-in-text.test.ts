import { expect, it } from 'vitest'
import { createLabels } from '../src/secrets/values/labels-in-text.js'
import { replaceSpans, type Span } from '../src/secrets/values/text-spans.js'

function redact(text: string, name: string, value: string): string {
  const spans: Span[] = []
  const labels = createLabels(text, spans)
  const signs = [
    { word: name, kind: 'label', at: text.indexOf(name) },
    { word: value, kind: 'value', at: text.indexOf(value) },
  ] as const
  for (const { word, kind, at } of [...signs].filter(({ at }) => at !== -1).sort((a, b) => a.at - b.at)) {
    labels.read(word, kind, text.slice(at).search(/[:=]/) + at)
  }
  return replaceSpans(text, spans, text.length)
}

it.each([
  ['{"name": "token", "value": "SEALED"}', '{"name": "token", "value": "***"}'],
  ['{"value": "SEALED", "name": "token"}', '{"value": "***", "name": "token"}'],
  ['<add name="password" value="SEALED"/>', '<add name="password" value="***"/>'],
  ['{"name": "title", "value": "Emma"}', '{"name": "title", "value": "Emma"}'],
  ['{"name": "token"} {"value": "Emma"}', '{"name": "token"} {"value": "Emma"}'],
])('the value next to the name of a secret is hidden: %s', (text, shown) => {
  expect(redact(text, 'name', 'value')).toBe(shown)
})
