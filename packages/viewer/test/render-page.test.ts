import { createHash } from 'node:crypto'
import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from '@osprofiler/report'
import { pageTemplate, pageTheme, renderPage } from '@osprofiler/viewer'
import { describe, expect, it } from 'vitest'

describe('renderPage', () => {
  it('contains every record unchanged', () => {
    const records = [record('db-start', 'a', 0), record('db-stop', 'a', 5), record('db-stop', 'a', 9)]

    const html = render(records)

    expect(JSON.parse(elementText(html, 'osprofiler-records'))).toEqual([records[0], records[2], records[1]])
  })

  it('does not let a record end the script element that contains it', () => {
    const hostile = '</script><!--<script>\u2028\u2029'

    const html = render([{ ...record('db-start', 'a', 0), info: { hostile }, name: hostile }])

    const text = elementText(html, 'osprofiler-records')
    expect(text).not.toMatch(/[<\u2028\u2029]/)
    expect(JSON.parse(text)[0].info.hostile).toBe(hostile)
    expect(html.match(/<script/g)).toHaveLength(3)
  })

  it('escapes the title of the trace', () => {
    const html = render([{ ...record('db-start', 'a', 0), base_id: '</title><script>x</script>' }])

    expect(html).toContain('<title>Trace &#60;/title&#62;&#60;script&#62;')
  })

  it('allows only its own script and style, which it names by hash', () => {
    const html = render([record('db-start', 'a', 0)])

    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
    const directives = policy.split('; ')
    expect(directives).toContain("default-src 'none'")
    expect(directives).toContain("connect-src 'none'")
    expect(directives).toContain("base-uri 'none'")
    expect(directives).toContain("form-action 'none'")
    expect(directives).toContain(`script-src 'sha256-${sha256(script)}'`)
    expect(directives).toContain(`style-src 'sha256-${sha256(style)}'`)
    expect(policy).not.toContain('unsafe')
  })

  it('contains no URL except those of XML namespaces', () => {
    const addresses = render([]).match(/\bhttps?:\/\/[\w./-]+/g) ?? []

    expect(addresses.filter(address => !address.startsWith('http://www.w3.org/'))).toEqual([])
  })

  it('keeps the heaviest points of a large trace, with the points above them', () => {
    const records = [
      ...span('top', undefined, 0, 1000),
      ...span('light', 'top', 1, 5),
      ...span('middle', 'top', 10, 90),
      ...span('heavy', 'middle', 20, 900),
    ]

    const html = render(records, 3)

    const kept = JSON.parse(elementText(html, 'osprofiler-records')).map((found: TraceRecord) => found.trace_id)
    expect(new Set(kept)).toEqual(new Set(['top', 'middle', 'heavy']))
    expect(JSON.parse(elementText(html, 'osprofiler-facts'))).toMatchObject({ points: 4, kept: 3 })
  })

  it('returns pieces that can be iterated more than once', () => {
    const records = Array.from({ length: 2000 }, (_, index) => record('db-start', `point${index}`, index))
    const page = renderPage(buildReport(records))

    const pieces = [...page]

    expect(pieces.length).toBeGreaterThan(3)
    expect([...page].join('')).toBe(pieces.join(''))
  })
})

describe('pageTemplate', () => {
  it('fetches from its own origin, and contains no records', () => {
    const source = { trace: '/api/trace/1', events: '/api/trace/1/events', list: '/', title: '</script>' }

    const { html, contentSecurityPolicy } = pageTemplate(source)

    expect(JSON.parse(elementText(html, 'osprofiler-source'))).toEqual(source)
    expect(html).not.toContain('id="osprofiler-records"')
    expect(contentSecurityPolicy).toContain("connect-src 'self'")
    expect(html).toContain(contentSecurityPolicy)
  })

  it.each(['https://example.org/', '//example.org/', '/\\example.org', 'api', 'javascript:1', '/a b'])(
    'refuses %s, which is not a path on its origin',
    path => {
      expect(() => pageTemplate({ trace: path })).toThrow(TypeError)
      expect(() => pageTemplate({ trace: '/', list: path })).toThrow(/single "\/"/)
    },
  )

  it('refuses an editor whose links could be scripts', () => {
    const editor = { pattern: 'javascript://x/%0a{file}', root: '' }

    expect(() => pageTemplate({ trace: '/', editor })).toThrow(/^This editor setting is not valid: Use one of/)
  })
})

describe('pageTheme', () => {
  it('returns the colors of both themes', () => {
    expect(pageTheme()).toMatch(/:root {[\s\S]*--accent:[\s\S]*\[data-theme="dark"\]/)
  })
})

function render(records: readonly TraceRecord[], pointLimit?: number): string {
  return [...renderPage(buildReport(records), { pointLimit })].join('')
}

function elementText(html: string, id: string): string {
  return new RegExp(`id="${id}"[^>]*>([\\s\\S]*?)</script>`).exec(html)?.[1] ?? ''
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function span(id: string, parent: string | undefined, fromMs: number, toMs: number): TraceRecord[] {
  return [record('step-start', id, fromMs, parent), record('step-stop', id, toMs, parent)]
}

function record(name: string, id: string, ms: number, parent = 'trace'): TraceRecord {
  const timestamp = `2026-11-22T12:00:0${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000`
  return { name, base_id: 'trace', parent_id: parent, trace_id: id, timestamp, info: {}, project: 'p', service: 's' }
}
