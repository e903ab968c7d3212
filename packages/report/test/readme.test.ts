import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makeShopTrace } from './make-trace.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function codeBlock(language: string): string {
  return readme.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? `no block of ${language}`
}

it('the example in the README prints the output that the README shows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'report-readme-'))
  // The program is saved next to the built package, because the package's name resolves there.
  const program = fileURLToPath(new URL(`../dist/readme-example-${process.pid}.js`, import.meta.url))
  try {
    writeFileSync(
      join(directory, 'trace.jsonl'),
      makeShopTrace()
        .map(record => `${JSON.stringify(record)}\n`)
        .join(''),
    )
    writeFileSync(program, codeBlock('js'))

    const printed = execFileSync(process.execPath, [program], { cwd: directory, encoding: 'utf8' })

    expect(printed).toBe(codeBlock('text'))
  } finally {
    rmSync(program, { force: true })
    rmSync(directory, { recursive: true })
  }
})
