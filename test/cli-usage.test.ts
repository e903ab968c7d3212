import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'

describe('osprofiler', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../packages/cli/package.json', import.meta.url), 'utf8'))

    for (const option of ['-v', '--version']) {
      expect(await osprofiler([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    }
  })

  it.each([
    [['trace', 'list', '-v'], '-v'],
    [['trace', 'list', '--version'], '--version'],
    [['trace', '-v'], '-v'],
    [['key', 'new', '-v'], '-v'],
  ])('prints its version only if no command is given, and rejects %j', async (args, option) => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`unknown option '${option}'`)
  })

  it.each([
    [['--help'], 'osprofiler trace list --since 1h'],
    [['-h'], 'Environment: OSPROFILER_HMAC_KEYS'],
    [['run', '--help'], '-n, --times <count>'],
    [['trace', '--help'], 'show [options] <trace>'],
    [['trace', 'show', '-h'], 'osprofiler trace show trace.json'],
    [['trace', 'list', '--help'], '--error-trace'],
    [['key', 'new', '--help'], 'umask 077'],
  ])('prints help for %j', async (args, text) => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect(code).toBe(0)
    expect(stdout).toContain(text)
    expect(stderr).toBe('')
  })

  it.each([[['bogus']], [['trace', 'bogus']], [['key', 'bogus']]])(
    'answers %j with a list of the known commands',
    async args => {
      const { code, stdout, stderr } = await osprofiler(args)

      expect(code).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toContain("error: unknown command 'bogus'")
      expect(stderr).toContain(
        'Known commands: run, sign, trace show, trace list, trace diff, trace delete, trace prune, ui, key new',
      )
    },
  )

  it('prints its help if no command is given', async () => {
    const { code, stderr } = await osprofiler([])

    expect(code).toBe(1)
    expect(stderr).toContain('Usage: osprofiler')
  })

  it.each([
    [['trace', 'show'], "missing required argument 'trace'"],
    [['trace', 'show', 'x', '--bogus'], "unknown option '--bogus'"],
    [['trace', 'list', '--limit', '0'], 'Give a whole number, 1 or more.'],
    [['trace', 'list', '--since', 'yesterday'], 'Give 90s, 30m, 1h, 2d, 1w, or a time'],
    [['run', 'http://127.0.0.1', '--timeout', '-1'], 'Give a number of seconds'],
    [['run', 'http://127.0.0.1', '-n', '1.5'], 'Give a whole number, 1 or more.'],
  ])('rejects %j', async (args, text) => {
    const { code, stdout, stderr } = await osprofiler(args)

    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(text)
  })
})

describe('osprofiler key new', () => {
  it('prints only a new key', async () => {
    const [one, other] = await Promise.all([osprofiler(['key', 'new']), osprofiler(['key', 'new'])])

    expect(one).toMatchObject({ code: 0, stderr: '' })
    expect(one.stdout).toMatch(/^[\w-]{43}\n$/)
    expect(other.stdout).not.toBe(one.stdout)
  })

  it('prints a line for a .env file', async () => {
    const outcome = await osprofiler(['key', 'new', '--env'])

    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^OSPROFILER_HMAC_KEYS=[\w-]{43}\n$/)
  })

  it.each([0o022, 0o077, 0o777])('writes a file that only its owner can read, with umask %o', async umask => {
    const cwd = makeDirectory()
    const before = process.umask(umask)
    const outcome = await osprofiler(['key', 'new', '--out', 'key'], { cwd }).finally(() => process.umask(before))

    const key = readFileSync(join(cwd, 'key'), 'utf8')
    expect(key).toMatch(/^[\w-]{43}\n$/)
    expect(statSync(join(cwd, 'key')).mode & 0o777).toBe(0o600)
    expect(outcome).toMatchObject({ code: 0, stdout: '' })
    expect(outcome.stderr).toContain(`OSPROFILER_HMAC_KEYS_FILE=${join(cwd, 'key')}\n`)
    expect(outcome.stderr).toContain('--hmac-key-file key\n')
    expect(outcome.stderr).not.toContain(key.trim())
  })

  it('never overwrites a file, and does not follow symbolic links', async () => {
    const cwd = makeDirectory()
    writeFileSync(join(cwd, 'key'), 'in use')
    symlinkSync('elsewhere', join(cwd, 'link'))

    const outcomes = await Promise.all(['key', 'link'].map(out => osprofiler(['key', 'new', '--out', out], { cwd })))

    for (const { code, stdout, stderr } of outcomes) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(
        /^error: (key|link) already exists, and services may need its keys\. Use another name\.\n$/,
      )
    }
    expect(readFileSync(join(cwd, 'key'), 'utf8')).toBe('in use')
    expect(readdirSync(cwd)).toEqual(['key', 'link'])
  })

  it.each([
    [['--out', 'key', '--env'], "option '--out <file>' cannot be used with option '--env'"],
    [['--out', ''], '--out needs the name of a file.'],
    [['--out', '-'], '--out needs the name of a file. Without --out, the key goes to standard output.'],
    [['--out', 'no/such/folder/key'], 'Cannot write no/such/folder/key: ENOENT'],
  ])('rejects %j, and creates no file', async (args, message) => {
    const cwd = makeDirectory()

    const { code, stdout, stderr } = await osprofiler(['key', 'new', ...args], { cwd })

    expect({ code, stdout, files: readdirSync(cwd) }).toEqual({ code: 1, stdout: '', files: [] })
    expect(stderr).toContain(message)
  })
})
