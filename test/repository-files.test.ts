import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse, parseDocument } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifests = ['package.json', ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/package.json`)]
const forms = readdirSync(join(root, '.github/ISSUE_TEMPLATE')).filter(name => name !== 'config.yml')
const texts = [
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  '.changeset/README.md',
  '.github/pull_request_template.md',
]

interface Element {
  readonly type: string
  readonly id?: string
  readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: string[] }
  readonly validations?: { readonly required: boolean }
}

describe('files for GitHub and other tools', () => {
  it.each([...listFiles('.github'), 'pnpm-workspace.yaml'].filter(file => /\.ya?ml$/.test(file)))(
    '%s is valid YAML',
    file => {
      const { errors, warnings } = parseDocument(read(file))

      expect([...errors, ...warnings]).toEqual([])
    },
  )

  it.each(['renovate.json', '.changeset/config.json'])('%s is valid JSON, and names its schema', file => {
    expect(JSON.parse(read(file))).toMatchObject({ $schema: expect.stringMatching(/^https:\/\//) })
  })

  it.each(texts)('%s has no dead link', file => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)?(?:#([^)]*))?\)/g)]

    const dead = links.filter(([, target = '', heading]) => {
      const page = target === '' ? file : join(file, '..', target)
      return !existsSync(join(root, page)) || (heading !== undefined && !listHeadings(page).includes(heading))
    })

    expect(dead.map(([link]) => link)).toEqual([])
  })
})

describe('an issue form', () => {
  it.each(forms)('%s has everything that GitHub requires', name => {
    const form: { name: string; description: string; labels: string[]; body: Element[] } = parse(
      read(`.github/ISSUE_TEMPLATE/${name}`),
    )

    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) })
    expect(Object.keys(form).sort()).toEqual(['body', 'description', 'labels', 'name'])
    const ids = form.body.filter(({ type }) => type !== 'markdown').map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter(id => !/^[\w-]+$/.test(id ?? ''))).toEqual([])
    for (const { type, attributes, validations } of form.body) {
      expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type)
      if (type === 'markdown') expect(attributes.value).toEqual(expect.any(String))
      else
        expect({ label: attributes.label, validations }).toEqual({
          label: expect.any(String),
          validations: { required: expect.any(Boolean) },
        })
      if (type === 'dropdown') expect(new Set(attributes.options).size).toBeGreaterThan(1)
    }
  })

  it('for bugs asks for the observation, the steps to reproduce it, and the versions', () => {
    const { body } = parse(read('.github/ISSUE_TEMPLATE/bug.yml')) as { body: Element[] }
    const required = body.filter(({ validations }) => validations?.required).map(({ id }) => id)

    expect(required).toEqual(expect.arrayContaining(['seen', 'repeat', 'versions']))
  })

  it('does not accept vulnerabilities, but links to the security policy', () => {
    const { contact_links: links } = parse(read('.github/ISSUE_TEMPLATE/config.yml'))

    expect(links.map(({ url }: { url: string }) => url)).toContain(`${readAddress()}/security/advisories/new`)
    for (const link of links) {
      expect(link).toEqual({ name: expect.any(String), url: expect.any(String), about: expect.any(String) })
    }
  })
})

describe('the repository address', () => {
  it.each([...texts, ...listFiles('.github')])('in %s matches package.json', file => {
    const others = [...read(file).matchAll(/https:\/\/github\.com\/[\w.-]+\/[\w.-]+/g)].map(([url]) => url)
    const ours = others.filter(url => /osprofiler/i.test(url))

    expect(ours.filter(url => url !== readAddress())).toEqual([])
  })
})

describe('editors and Git', () => {
  it('use the same indentation and line endings as Biome', () => {
    const { formatter } = JSON.parse(read('biome.json'))
    const settings = Object.fromEntries(
      (read('.editorconfig').split(/^\[/m)[1] ?? '').split('\n').flatMap(line => {
        const [, key, value] = /^(\w+) = (\S+)$/.exec(line) ?? []
        return key === undefined ? [] : [[key, value]]
      }),
    )

    expect(settings).toMatchObject({
      indent_style: formatter.indentStyle,
      indent_size: String(formatter.indentWidth),
      max_line_length: String(formatter.lineWidth),
      end_of_line: 'lf',
    })
  })

  it('use Unix line endings in all text files, and leave binary files unchanged', () => {
    const rules = read('.gitattributes').split('\n')
    const binary = ['docs', 'packages/core/src', 'test/fixtures', '.github'].flatMap(listFiles).filter(isBinary)
    const kinds = new Set(binary.map(file => file.replace(/.*\./, '*.')))

    expect(rules).toContain('* text=auto eol=lf')
    expect(rules).toContain('pnpm-lock.yaml linguist-generated=true')
    expect(rules.filter(rule => rule.endsWith(' binary'))).toEqual([...kinds].map(kind => `${kind} binary`))
  })
})

describe('the configuration of Renovate', () => {
  const { packageRules, constraints } = JSON.parse(read('renovate.json'))

  it('keeps each alias within its major version', () => {
    const aliases = manifests.flatMap(file => {
      const { dependencies, devDependencies } = JSON.parse(read(file))
      const all: [string, string][] = Object.entries({ ...dependencies, ...devDependencies })
      return all.filter(([, range]) => range.startsWith('npm:')).map(([name]) => name)
    })
    const kept = packageRules.find(({ description = '' }) => description.startsWith('Each alias'))

    expect(kept).toMatchObject({ matchUpdateTypes: ['major'], enabled: false })
    expect(kept.matchDepNames).toEqual([...new Set(aliases)].sort())
  })

  it('proposes no version that cannot run on the oldest supported Node', () => {
    expect(constraints.node).toBe(JSON.parse(read('package.json')).engines.node)
  })
})

function readAddress(): string {
  const { repository } = JSON.parse(read('package.json'))
  return repository.url
}

function listFiles(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(root.length))
}

/** Returns the anchors that GitHub creates for a page's headings. */
function listHeadings(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function isBinary(file: string): boolean {
  return readFileSync(join(root, file)).includes(0)
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
