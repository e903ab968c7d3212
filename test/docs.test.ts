import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTicketVerifier } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(name => `docs/${name}`)
const pages = ['README.md', 'CONTRIBUTING.md', ...docs]
const markdown = pages.filter(page => page.endsWith('.md')).map(page => ({ page, text: read(page) }))

/**
 * A code block on a docs page. A comment before the block names a file. The block contains either the file itself or
 * the output of the file.
 */
interface Block {
  readonly page: string
  readonly kind: 'file' | 'prints'
  readonly path: string
  readonly text: string
}

const blocks: readonly Block[] = markdown.flatMap(({ page, text }) =>
  [...text.matchAll(/<!-- (prints )?(examples\/\S+) -->\n+```\w*\n([\s\S]*?)```/g)].map(([, prints, path, block]) => ({
    page,
    kind: prints ? ('prints' as const) : ('file' as const),
    path: path ?? '',
    text: block ?? '',
  })),
)

describe('the docs', () => {
  it('show every example of points, quick starts, adapters, messages, OpenTelemetry and signing', () => {
    const shown = blocks.filter(({ kind }) => kind === 'file').map(({ path }) => path)
    const examples = ['points', 'quick-start', 'adapter', 'messages', 'opentelemetry', 'signing'].flatMap(folder =>
      readdirSync(join(root, 'examples', folder))
        .filter(file => /\.(?:[jt]s|sh)$/.test(file))
        .map(file => `examples/${folder}/${file}`),
    )

    expect([...new Set(shown)].sort()).toEqual(examples.sort())
  })

  it.each(blocks.filter(({ kind }) => kind === 'file'))('show $path unchanged ($page)', ({ path, text }) => {
    expect(text).toBe(read(path))
  })

  it.each(blocks.filter(({ kind }) => kind === 'prints'))('show the real output of $path', async ({ path, text }) => {
    const { stdout, stderr } = await exec(process.execPath, [join(root, toRunnable(path))])

    expect({ stdout: stdout.replaceAll(/"host":"[^"]*"/g, '"host":"vm"'), stderr }).toEqual({
      stdout: text,
      stderr: '',
    })
  })

  it.each(markdown)('have no dead link in $page', ({ page, text }) => {
    const prose = text.replaceAll(/```[\s\S]*?```/g, '')
    const links = [...prose.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '')

    const dead = links.filter(target => !existsSync(join(root, page, '..', target)))

    expect(dead).toEqual([])
  })

  it('show a ticket that is valid', () => {
    const { text } = markdown.find(({ page }) => page === 'docs/wire-format.md') ?? { text: '' }
    const [, info = '', hmac = '', ticket = ''] =
      /^X-Trace-Info: (.*)\nX-Trace-HMAC: (.*)\nX-Trace-Ticket: (.*)$/m.exec(text) ?? []
    const verify = createTicketVerifier({ keys: 'SECRET_KEY', audience: ['orders.example'], started: 0 })

    const verdict = verify({ info, hmac, ticket, now: 1_734_455_877 })

    expect(verdict).toEqual({ valid: true, points: 100_000, wants: ['answer', 'code'] })
  })

  it('list only files that exist', () => {
    const { text } = markdown.find(({ page }) => page === 'docs/architecture.md') ?? { text: '' }
    const files = [...text.matchAll(/`([a-z]+\/(?:src|pages)\/[^`]+)`/g)].map(([, file]) => `packages/${file}`)

    const gone = files.filter(file => !existsSync(join(root, file)))

    expect(files.length).toBeGreaterThan(17)
    expect(gone).toEqual([])
  })
})

/**
 * Returns the path of the file that runs an example: for an example in TypeScript, the file that `tsc -b` compiles it
 * to.
 */
function toRunnable(path: string): string {
  return path.replace(/\/([^/]+)\.ts$/, '/dist/$1.js')
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
