import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { OnTestFinished } from './child.js'

/** Creates a directory that is removed after the running test. */
export function temporaryDirectory(onFinished: OnTestFinished = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-drivers-'))
  onFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
