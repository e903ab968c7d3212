import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEditorLink, findEditorProblem, PROPOSED_PATTERNS } from '../src/protocol/editor-link.js'

const [PATTERN = ''] = PROPOSED_PATTERNS
const EDITOR = { pattern: PATTERN, root: '/home/me/shop' }

describe('a link to an editor', () => {
  it.each([
    ['/home/me/shop', PATTERN, 'vscode://file/home/me/shop/src/orders.ts:41'],
    ['/home/me/shop/', PATTERN, 'vscode://file/home/me/shop/src/orders.ts:41'],
    ['C:\\Users\\Jo Doe\\shop', PATTERN, 'vscode://file/C:/Users/Jo%20Doe/shop/src/orders.ts:41'],
    [
      '/home/me/shop',
      'idea://open?file={root}/{file}&line={line}&column={column}',
      'idea://open?file=/home/me/shop/src/orders.ts&line=41&column=1',
    ],
    ['', 'zed://file/shop/{file}:{line}', 'zed://file/shop/src/orders.ts:41'],
  ])('with the root %j and the pattern %j is %j', (root, pattern, link) => {
    expect(createEditorLink({ root, pattern }, { file: 'src/orders.ts', line: 41 })).toBe(link)
  })

  it.each(PROPOSED_PATTERNS)('is possible with the proposed pattern %s', pattern => {
    expect(findEditorProblem({ ...EDITOR, pattern })).toBe('')
    expect(createEditorLink({ ...EDITOR, pattern }, { file: 'a.ts', line: 1 })).toContain('/home/me/shop/a.ts')
  })

  it.each(['src/[...slug].ts', 'src/a b#c?d&e=f.ts', 'src/{line}{root}.ts', 'src/übung/注文.ts', 'src/"<a>\u202e.ts'])(
    'contains the file %j only as one encoded path',
    file => {
      const link = createEditorLink(EDITOR, { file, line: 7 }) ?? ''
      const path = /^vscode:\/\/file\/home\/me\/shop\/([!-~]*):7$/.exec(link)?.[1] ?? ''

      expect(path).not.toMatch(/[#?&="<>{}]/)
      expect(decodeURIComponent(path)).toBe(file)
    },
  )

  it.each([
    '/etc/passwd',
    '//host/share/a.ts',
    '../a.ts',
    'src/../../a.ts',
    'src/..',
    './a.ts',
    'src//a.ts',
    '',
    'C:/a.ts',
    'c:a.ts',
    '..\\a.ts',
    '\\\\host\\share\\a.ts',
    'src\\a.ts',
    '%2e%2e/a.ts',
    'node:fs',
    'javascript:alert(1)',
    'https://example.org/a.ts',
    'half \ud800.ts',
  ])('does not exist for the file %j', file => {
    expect(createEditorLink(EDITOR, { file, line: 1 })).toBeUndefined()
  })

  it('keeps its scheme, its host and its root for any file', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.constantFrom(...PROPOSED_PATTERNS),
        (file, pattern) => {
          const link = createEditorLink({ ...EDITOR, pattern }, { file, line: 1 })
          const harmless = createEditorLink({ ...EDITOR, pattern }, { file: 'FILE', line: 1 }) ?? ''
          const [head = '', tail = ''] = harmless.split('FILE')

          if (link === undefined) return
          expect([link.startsWith(head), link.endsWith(tail)]).toEqual([true, true])
          expect(link.slice(head.length, link.length - tail.length)).toMatch(/^[\w%/.!~*'()-]+$/)
        },
      ),
    )
  })
})

describe('a pattern', () => {
  it.each([
    ['javascript:alert({file})', /Begin with a scheme/],
    ['javascript://x/%0aalert(1)//{file}', /Use one of these schemes/],
    ['https://example.org/{file}', /Use one of these schemes/],
    ['file:///{root}/{file}', /Begin with a scheme/],
    ['VSCODE://file/{file}', /Begin with a scheme/],
    ['data:text/html,{file}', /Begin with a scheme/],
    ['vscode:{file}', /Begin with a scheme/],
    ['vscode://{file}:{line}', /Begin with a scheme/],
    ['vscode://{root}/{file}', /Begin with a scheme/],
    ['//example.org/{file}', /Begin with a scheme/],
    [' vscode://file/{file}', /Begin with a scheme/],
    ['vscode://file/{root}:{line}', /Add \{file\}/],
    ['vscode://file/a b/{file}', /spaces/],
    ['vscode://file/\u202e{file}', /invisible/],
    [`vscode://file/${'a'.repeat(500)}{file}`, /500 characters/],
  ])('like %j is refused, and creates no link', (pattern, problem) => {
    const editor = { ...EDITOR, pattern }

    expect(findEditorProblem(editor)).toMatch(problem)
    expect(createEditorLink(editor, { file: 'src/a.ts', line: 1 })).toBeUndefined()
  })

  it('needs a folder if it contains {root}', () => {
    expect(findEditorProblem({ pattern: PATTERN, root: '' })).toBe('Give the folder that replaces {root}.')
    expect(findEditorProblem({ pattern: PATTERN, root: '/a\u0000b' })).toMatch(/invisible/)
  })

  it('turns links off if it is empty', () => {
    expect(findEditorProblem({ pattern: '', root: '' })).toBe('')
    expect(createEditorLink({ pattern: '', root: '/a' }, { file: 'a.ts', line: 1 })).toBeUndefined()
  })
})
