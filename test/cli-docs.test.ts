import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { keepRecords, shopRecords, toLines } from './cli-records.js'

const PAGE = readFileSync(new URL('../docs/command.md', import.meta.url), 'utf8')
const SHOWN = [...PAGE.matchAll(/```console\n\$ osprofiler (.*)\n([\s\S]*?)```/g)].map(
  ([, command = '', output = '']) => ({ command, output }),
)

describe('the page about the command', () => {
  it.each(SHOWN)('shows what $command prints', async ({ command, output }) => {
    const directory = makeDirectory()
    writeFileSync(join(directory, 'before.jsonl'), toLines(shopRecords({ queryMs: 8.2, renderMs: 4.1 })))
    writeFileSync(join(directory, 'after.jsonl'), toLines(shopRecords({ queryMs: 11.6, renderMs: 4.3 })))
    const store = `file://${join(directory, 'traces')}`
    await keepRecords(store, shopRecords())

    const args = command.replace('file:///traces', store).split(' ')
    const { stdout, stderr } = await osprofiler(args, { cwd: directory })

    expect(`${stdout.trimEnd()}\n${stderr}`).toBe(output)
  })

  it('names every option that the help names', async () => {
    const commands = ['run', 'trace show', 'trace list', 'trace diff', 'trace delete', 'trace prune']
    const helps = await Promise.all(commands.map(command => osprofiler([...command.split(' '), '--help'])))

    const options = helps.flatMap(({ stdout }) => stdout.match(/--[a-z][a-z-]+/g) ?? [])

    expect(options.length).toBeGreaterThan(30)
    for (const option of new Set(options)) expect(PAGE, option).toMatch(new RegExp(`${option}\\b`))
  })
})
