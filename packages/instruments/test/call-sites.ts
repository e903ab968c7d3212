import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

interface Outcome {
  readonly names: readonly string[]
  /** Descriptions of the points whose call site is not the line of their call. */
  readonly wrong: readonly string[]
}

/** Runs a program from the folder `call-sites`, and expects the call site of each point to be the line of its call. */
export async function expectCallSites(program: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = fileURLToPath(new URL(`call-sites/${program}`, import.meta.url))
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, errors] = [child.stdout.setEncoding('utf8').toArray(), child.stderr.setEncoding('utf8').toArray()]
  await once(child, 'close')
  const text = (await out).join('')

  expect(text, (await errors).join('')).toMatch(/^\{/m)
  const { names, wrong } = JSON.parse(text.slice(text.search(/^\{"names/m))) as Outcome
  expect(names).not.toEqual([])
  expect(wrong).toEqual([])
}
