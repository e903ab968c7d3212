import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it } from 'vitest'
import { finish, fixture, startProgram } from './child.js'
import { makeRecord, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Writes to a disk of two megabytes before and after the disk is full. Returns the printed results. */
async function fillDisk(scheme: 'sqlite' | 'file'): Promise<{ stdout: string; stderr: string }> {
  const disk = temporaryDirectory()
  const command = `mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" "$2" ${scheme} "$0"`
  return await finish(
    startProgram('unshare', ['-rm', 'sh', '-c', command, disk, process.execPath, fixture('fill-disk.mjs')]),
  )
}

describe('a full disk', () => {
  it('makes sqlite:// reject the whole batch until there is room', async () => {
    const { stdout, stderr } = await fillDisk('sqlite')

    expect(stderr).toBe('')
    expect(stdout).toBe('before 10 10\nfull ERR_STORE 0\nscarce ERR_STORE 0\nafter 10 10\n')
  })

  it('makes file:// report exactly how many records were stored before the disk was full', async () => {
    const { stdout, stderr } = await fillDisk('file')

    expect(stderr).toBe('')
    const [before, full, scarce = '', after] = stdout.split('\n')
    expect(before).toBe('before 10 10')
    expect(full).toBe('full ERR_STORE 0')
    expect(scarce).toMatch(/^scarce (\d+) \1$/)
    expect(Number(scarce.split(' ')[1])).toBeGreaterThan(10)
    expect(after).toBe('after 10 10')
  })
})

/**
 * Writes a long record for each trace in a process whose files may be at most `size` bytes long. Returns the result of
 * the write.
 */
async function writeWithin(size: number, directory: string, traces: readonly string[]): Promise<string> {
  const node = [process.execPath, fixture('write-within-limit.mjs'), directory, ...traces]
  const { stdout, stderr } = await finish(startProgram('prlimit', [`--fsize=${size}`, ...node]))
  expect(stderr).toBe('')
  return stdout.trimEnd()
}

describe('a disk that fills up in the middle of a line', () => {
  it('makes file:// reject the batch if no line of it is complete, and accept the next batch', async () => {
    const directory = temporaryDirectory()

    const outcome = await writeWithin(50_000, directory, ['one', 'other'])
    const driver = openDriver(`file://${directory}`)
    const found = await readAll(driver, 'one')
    const record = makeRecord({ base_id: 'one' })
    await driver.write([record])

    expect(outcome).toBe('ERR_STORE EFBIG: file too large, write.')
    expect(found).toEqual([])
    expect(await readAll(driver, 'one')).toEqual([record])
  })

  it('does not make file:// refuse a record of which only the line feed is missing', async () => {
    const [whole, short] = [temporaryDirectory(), temporaryDirectory()]
    await writeWithin(1_000_000, whole, ['one'])
    const [name = ''] = readdirSync(whole)
    const { size } = statSync(join(whole, name))

    const outcome = await writeWithin(size - 1, short, ['one'])
    const driver = openDriver(`file://${short}`)
    await driver.write([makeRecord({ base_id: 'one' })])

    expect(outcome).toBe('refused 0')
    expect(await readAll(driver, 'one')).toHaveLength(2)
  })
})
