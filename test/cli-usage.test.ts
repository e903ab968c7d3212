import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { osprofiler } from './cli-process.js'

describe('osprofiler', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../packages/cli/package.json', import.meta.url), 'utf8'))

    for (const option of ['-v', '--version']) {
      expect(await osprofiler([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    }
  })

  it.each([
    [['--help'], 'osprofiler trace list --since 1h'],
    [['-h'], 'Environment: OSPROFILER_HMAC_KEYS'],
    [['run', '--help'], '-n, --times <count>'],
    [['trace', '--help'], 'show [options] <trace>'],
    [['trace', 'show', '-h'], 'osprofiler trace show trace.json'],
    [['trace', 'list', '--help'], '--error-trace'],
    [['key', 'new', '--help'], 'umask 077'],
  ])('helps with %j', async (args, text) => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect(code).toBe(0)
    expect(stdout).toContain(text)
    expect(stderr).toBe('')
  })

  it.each([[['bogus']], [['trace', 'bogus']], [['key', 'bogus']]])('says for %j what it knows', async args => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain("error: unknown command 'bogus'")
    expect(stderr).toContain(
      'Known commands: run, trace show, trace list, trace diff, trace delete, trace prune, ui, key new',
    )
  })

  it('shows the help where no command is given', async () => {
    const { code, stderr } = await osprofiler([])

    expect(code).toBe(1)
    expect(stderr).toContain('Usage: osprofiler')
  })

  it.each([
    [['trace', 'show'], "missing required argument 'trace'"],
    [['trace', 'show', 'x', '--bogus'], "unknown option '--bogus'"],
    [['trace', 'list', '--limit', '0'], 'Give a whole number, 1 or more.'],
    [['trace', 'list', '--since', 'yesterday'], 'Give 90s, 30m, 1h, 2d, 1w, or a time'],
    [['run', 'http://127.0.0.1', '--timeout', '-1'], 'Give seconds'],
    [['run', 'http://127.0.0.1', '-n', '1.5'], 'Give a whole number, 1 or more.'],
  ])('refuses %j', async (args, text) => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(text)
  })
})

describe('osprofiler key new', () => {
  it('prints a fresh key and nothing else', async () => {
    const [one, other] = await Promise.all([osprofiler(['key', 'new']), osprofiler(['key', 'new'])])

    expect(one).toMatchObject({ code: 0, stderr: '' })
    expect(one.stdout).toMatch(/^[\w-]{43}\n$/)
    expect(other.stdout).not.toBe(one.stdout)
  })
})
