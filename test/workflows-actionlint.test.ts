import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findActionlint } from './servers/actionlint.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

describe('actionlint', () => {
  it('finds no error in the workflows', async () => {
    expect(await lint(copyWorkflows())).toBe('')
  })

  it('finds a reference to a missing job output, which proves that it checks the workflows', async () => {
    const copy = copyWorkflows()
    const file = join(copy, '.github/workflows/release.yml')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('outputs.unpublished', 'outputs.missing'))

    expect(await lint(copy)).toContain('property "missing" is not defined')
  })
})

/**
 * Creates a repository that contains only the workflows. actionlint considers the nearest folder with `.git` to be a
 * project's root.
 */
function copyWorkflows(): string {
  const copy = mkdtempSync(join(tmpdir(), 'osprofiler-workflows-'))
  onTestFinished(() => rm(copy, { recursive: true, force: true }))
  mkdirSync(join(copy, '.git'))
  cpSync(join(root, '.github'), join(copy, '.github'), { recursive: true })
  return copy
}

/** Returns actionlint's output. shellcheck and pyflakes are disabled, because not every machine has them. */
async function lint(folder: string): Promise<string> {
  const program = await findActionlint()
  const failed = ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ stdout: stdout || stderr })
  const { stdout } = await exec(program, ['-no-color', '-shellcheck=', '-pyflakes='], { cwd: folder }).catch(failed)
  return stdout
}
