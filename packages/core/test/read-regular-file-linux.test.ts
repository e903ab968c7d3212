import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRegularFile } from '../src/platform/read-regular-file.js'

const LIMIT = 100_000

describe('readRegularFile', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'osprofiler-files-'))
    execFileSync('mkfifo', [join(folder, 'fifo')])
    symlinkSync('fifo', join(folder, 'link-to-fifo'))
    mkdirSync(join(folder, 'SECRET'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([0, 1, 65_536, 65_537, LIMIT])('reads a whole file of %i bytes, even through a link', length => {
    const text = 'x'.repeat(length)
    writeFileSync(join(folder, 'file'), text)
    rmSync(join(folder, 'link'), { force: true })
    symlinkSync('file', join(folder, 'link'))

    const read = readRegularFile(join(folder, 'link'), LIMIT)

    expect(read.toString()).toBe(text)
  })

  it('reads a file whose size is reported as 0, such as a file in /proc', () => {
    const read = readRegularFile('/proc/self/cmdline', LIMIT)

    expect(read.toString()).toContain(process.execPath)
  })

  it('reads redirected standard input', () => {
    writeFileSync(join(folder, 'keys'), 'KEY')
    const module = JSON.stringify(new URL('../build/platform/read-regular-file.js', import.meta.url).href)
    const program = `const { readRegularFile } = await import(${module})
      console.log(readRegularFile('/dev/stdin', 9).toString(), readRegularFile('/dev/stdin', 9).toString())`

    const command = `"$0" --input-type=module -e "$1" < "$2"`
    const output = execFileSync('sh', ['-c', command, process.execPath, program, join(folder, 'keys')])

    expect(output.toString()).toBe('KEY KEY\n')
  })

  it.each([
    ['a FIFO', 'fifo', 'it is a pipe and not a regular file'],
    ['a link to a FIFO', 'link-to-fifo', 'it is a pipe and not a regular file'],
    ['an endless device', '/dev/zero', 'it is a device and not a regular file'],
    ['a folder', 'SECRET', 'EISDIR'],
    ['a path that does not exist', 'SECRET/nothing', 'ENOENT'],
    ['a path below a FIFO', 'fifo/below', 'ENOTDIR'],
    ['a path that no system accepts', 'SECRET\0', 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %s at once, with a reason that does not show the path', (_, name, reason) => {
    const path = name.startsWith('/') ? name : join(folder, name)

    expect(() => readRegularFile(path, LIMIT)).toThrow(expect.objectContaining({ message: reason }))
  })

  it('refuses a socket', async () => {
    const path = join(folder, 'socket')
    const server = createServer()
    await new Promise<void>(resolve => server.listen(path, resolve))

    expect(() => readRegularFile(path, LIMIT)).toThrow('it is a socket and not a regular file')

    server.close()
  })

  it('refuses a file that is longer than the limit', () => {
    writeFileSync(join(folder, 'huge'), 'x'.repeat(LIMIT + 1))

    expect(() => readRegularFile(join(folder, 'huge'), LIMIT)).toThrow(`it is longer than ${LIMIT} bytes`)
  })
})
