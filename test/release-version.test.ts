import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addVersion, parseChangeset, readVersion } from '../release/changelog.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const packages = readdirSync(join(root, 'packages'))
const current = readManifest(root, 'core').version
const [next, afterPatch] = [raiseVersion(current, 1), raiseVersion(current, 2)]

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Record<string, string>
}

describe('the version script, in a copy of the repository', () => {
  it('raises the versions of all packages together, even if only one package has changed', async () => {
    const copy = copyRepository()
    writeChangeset(copy, 'koa', '"@osprofiler/koa": minor', 'The point of a request ends when the client goes away.')

    await runScript(copy, 'version.js')

    const versions = packages.map(name => readManifest(copy, name).version)
    expect(new Set(versions)).toEqual(new Set([next]))
    expect(versions).toHaveLength(11)
    expect(readdirSync(join(copy, '.changeset')).sort()).toEqual(['README.md', 'config.json'])
  })

  it('raises the versions of the dependencies between packages', async () => {
    const copy = copyRepository()
    writeChangeset(copy, 'drivers', '"@osprofiler/drivers": patch', 'A store closes in time.')

    await runScript(copy, 'version.js')

    const manifests = await packManifests(copy)
    for (const { name, version, dependencies = {} } of manifests) {
      const ours = Object.entries(dependencies).filter(([dependency]) => dependency.includes('osprofiler'))
      expect(version, name).toBe(afterPatch)
      expect(ours, name).toEqual(ours.map(([dependency]) => [dependency, `^${afterPatch}`]))
    }
    expect(manifests).toHaveLength(packages.length)
  })

  it('moves the text of changesets to the top of the changelog, and leaves the rest unchanged', async () => {
    const copy = copyRepository()
    writeChangeset(copy, 'b', '"@osprofiler/koa": patch', 'Koa 4 works.')
    writeChangeset(
      copy,
      'a',
      '"osprofiler": patch\n"@osprofiler/report": minor',
      'Reports are shorter.\n\nThey fit a screen.',
    )

    await runScript(copy, 'version.js')

    const before = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
    const section = `## ${next}\n\n- Reports are shorter.\n\n  They fit a screen.\n- Koa 4 works.\n\n`
    const after = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8')
    expect(after).toBe(before.replace('## ', `${section}## `))
    expect((await runScript(copy, 'notes.js')).stdout).toBe(
      '- Reports are shorter.\n\n  They fit a screen.\n- Koa 4 works.\n',
    )
    expect(packages.filter(name => existsSync(join(copy, 'packages', name, 'CHANGELOG.md')))).toEqual([])
  })

  it('formats manifests and changesets as the linter expects', async () => {
    const copy = copyRepository()
    writeChangeset(copy, 'core', '"@osprofiler/core": patch', 'Fewer warnings.')

    await runScript(copy, 'version.js')

    for (const name of packages) {
      const text = (folder: string) => readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8')
      expect(text(copy)).toBe(text(root).replace(`"version": "${current}"`, `"version": "${afterPatch}"`))
    }
  })

  it('changes neither versions nor the changelog for a changeset that names no packages', async () => {
    const copy = copyRepository()
    writeChangeset(copy, 'empty', '', '')

    await runScript(copy, 'version.js')

    expect(readManifest(copy, 'core').version).toBe(current)
    expect(readFileSync(join(copy, 'CHANGELOG.md'), 'utf8')).toBe(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))
  })

  it('fails if there is no changeset', async () => {
    const copy = copyRepository()
    for (const file of listChangesets(copy)) await rm(join(copy, '.changeset', file))

    await expect(runScript(copy, 'version.js')).rejects.toThrow('There is no changeset.')
  })
})

describe('the changelog', () => {
  it.each([
    ['a package', '---\n"a": minor\n---\n\nText.\n', { bump: 'minor', summary: 'Text.' }],
    [
      'two packages, of which the package with the larger version change decides',
      '---\n"a": patch\n"b": major\n---\nText.',
      { bump: 'major', summary: 'Text.' },
    ],
    [
      'Windows line endings',
      '---\r\n"a": patch\r\n---\r\n\r\nOne.\r\nTwo.\r\n',
      { bump: 'patch', summary: 'One.\nTwo.' },
    ],
    ['names in single quotes', "---\n'@a/b': 'patch'\n---\n\nText.", { bump: 'patch', summary: 'Text.' }],
    ['no packages', '---\n---\n', { bump: undefined, summary: '' }],
    [
      'a horizontal line in its text',
      '---\n"a": patch\n---\n\nOne.\n\n---\n\nTwo.',
      { bump: 'patch', summary: 'One.\n\n---\n\nTwo.' },
    ],
  ])('gets its text and the kind of release from a changeset with %s', (_, text, expected) => {
    expect(parseChangeset(text)).toEqual(expected)
  })

  it('can be written from the pending changesets of this repository', () => {
    for (const file of listChangesets(root)) {
      const { bump: step, summary } = parseChangeset(readFileSync(join(root, '.changeset', file), 'utf8'))

      expect({ file, told: step === undefined || summary !== '' }).toEqual({ file, told: true })
    }
  })

  it('gets a first version if it contains no version yet', () => {
    expect(addVersion('# Changes\n', '1.0.0', [{ bump: 'major', summary: 'It works.' }])).toBe(
      '# Changes\n\n## 1.0.0\n\n- It works.\n',
    )
  })

  it('keeps the text of a changeset that is already a list', () => {
    const changelog = addVersion('# Changes\n', '1.0.0', [{ bump: 'major', summary: '- One.\n- Two.' }])

    expect(readVersion(changelog, '1.0.0')).toBe('- One.\n- Two.')
  })

  it('distinguishes version numbers that begin with the same digits', () => {
    const changelog = '# Changes\n\n## 1.0.10\n\n- Ten.\n\n## 1.0.1\n\n- One.\n'

    expect(readVersion(changelog, '1.0.1')).toBe('- One.')
    expect(readVersion(changelog, '1.0.10')).toBe('- Ten.')
    expect(readVersion(changelog, '1.0')).toBeUndefined()
    expect(() => addVersion(changelog, '1.0.1', [])).toThrow('already has a version 1.0.1.')
  })

  it("contains the packages' current version", () => {
    expect(readVersion(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), current)).not.toBeUndefined()
  })
})

/** Returns the version with its minor (1) or patch (2) number raised. */
function raiseVersion(version: string, place: 1 | 2): string {
  const numbers = version.split('.').map(Number)
  return numbers.map((number, index) => (index < place ? number : index === place ? number + 1 : 0)).join('.')
}

function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'osprofiler-release-'))
  onTestFinished(() => rm(copy, { recursive: true, force: true }))
  const parts = ['.changeset', 'release', 'package.json', 'pnpm-workspace.yaml', 'CHANGELOG.md', 'LICENSE']
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true })
  for (const file of listChangesets(copy)) writeFileSync(join(copy, '.changeset', file), '---\n---\n')
  for (const name of packages) {
    cpSync(join(root, 'packages', name, 'package.json'), join(copy, 'packages', name, 'package.json'))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function listChangesets(folder: string): string[] {
  return readdirSync(join(folder, '.changeset')).filter(file => file.endsWith('.md') && file !== 'README.md')
}

function writeChangeset(copy: string, name: string, head: string, summary: string): void {
  writeFileSync(join(copy, '.changeset', `${name}.md`), `---\n${head}\n---\n\n${summary}\n`)
}

function runScript(copy: string, name: string): Promise<{ stdout: string }> {
  return exec(process.execPath, [join(copy, 'release', name)], { cwd: copy })
}

function readManifest(folder: string, name: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8'))
}

/** Returns the manifests that pnpm packs for the registry. */
async function packManifests(copy: string): Promise<Manifest[]> {
  const args = ['-y', 'pnpm@12', 'pack', '--recursive', '--json', '--pack-destination', copy]
  const { stdout } = await exec('npx', args, { cwd: copy })
  const packed: { filename: string }[] = JSON.parse(stdout)
  return Promise.all(
    packed.map(async ({ filename }) => {
      const { stdout: text } = await exec('tar', ['xzOf', filename, 'package/package.json'])
      return JSON.parse(text)
    }),
  )
}
