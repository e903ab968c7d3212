import { describe, expect, it } from 'vitest'
import { finish, fixture, startProgram } from './child.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Writes with a driver to a disk of two megabytes until it is full, and again when there is room; says what happened. */
async function fillDisk(scheme: 'sqlite' | 'file'): Promise<{ stdout: string; stderr: string }> {
  const disk = temporaryDirectory()
  const command = `mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" "$2" ${scheme} "$0"`
  return await finish(
    startProgram('unshare', ['-rm', 'sh', '-c', command, disk, process.execPath, fixture('fill-disk.mjs')]),
  )
}

describe('a full disk', () => {
  it('makes sqlite:// reject a batch whole, until there is room', async () => {
    const { stdout, stderr } = await fillDisk('sqlite')

    expect(stderr).toBe('')
    expect(stdout).toBe('before 10 10\nfull ERR_STORE 0\nscarce ERR_STORE 0\nafter 10 10\n')
  })

  it('makes file:// count what it took of a batch, to the record, until there is room', async () => {
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
