import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const packagesFolder = fileURLToPath(new URL('../packages', import.meta.url))

/**
 * For each package, the other packages of this project that it may import. Packages of the same layer never import one
 * another.
 */
const ALLOWED_IMPORTS: Record<string, readonly string[]> = {
  core: [],
  express: ['@osprofiler/core', '@osprofiler/core/http', '@osprofiler/core/toolkit'],
  koa: ['@osprofiler/core', '@osprofiler/core/http', '@osprofiler/core/toolkit'],
  fastify: ['@osprofiler/core', '@osprofiler/core/http', '@osprofiler/core/toolkit'],
  drivers: [
    '@osprofiler/core',
    '@osprofiler/core/json',
    '@osprofiler/core/platform',
    '@osprofiler/core/record',
    '@osprofiler/core/toolkit',
  ],
  report: ['@osprofiler/core', '@osprofiler/core/json', '@osprofiler/core/record'],
  viewer: ['@osprofiler/core', '@osprofiler/core/json', '@osprofiler/report', '@osprofiler/report/toolkit'],
  instruments: ['@osprofiler/core', '@osprofiler/core/rpc', '@osprofiler/core/toolkit'],
  rpc: ['@osprofiler/core', '@osprofiler/core/json', '@osprofiler/core/rpc', '@osprofiler/core/toolkit'],
  node: ['@osprofiler/core', '@osprofiler/core/toolkit', '@osprofiler/drivers', '@osprofiler/instruments'],
  cli: [
    '@osprofiler/core',
    '@osprofiler/core/json',
    '@osprofiler/core/record',
    '@osprofiler/core/toolkit',
    '@osprofiler/drivers',
    '@osprofiler/node',
    '@osprofiler/report',
    '@osprofiler/report/toolkit',
    '@osprofiler/viewer',
    '@osprofiler/viewer/server',
  ],
}

/** Modules of core that do not depend on Node. */
const PURE_MODULES = ['@osprofiler/core/json', '@osprofiler/core/record']

/** The largest number of files in a folder in which a reader still finds a file at a glance. */
const MAX_FOLDER_FILES = 15

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

const packages = readdirSync(packagesFolder)

describe('the imports', () => {
  it('are listed in this test for every package', () => {
    expect(packages.sort()).toEqual(Object.keys(ALLOWED_IMPORTS).sort())
  })

  it.each(packages)('in %s never name a package of the same or a higher layer', name => {
    const ours = listSources(name)
      .flatMap(readImports)
      .map(({ specifier }) => specifier)
      .filter(specifier => specifier.startsWith('@osprofiler/') || specifier === 'osprofiler')

    const forbidden = ours.filter(specifier => !ALLOWED_IMPORTS[name]?.includes(specifier))

    expect(forbidden).toEqual([])
  })

  it('from core in the report package are only types and modules that run in browsers', () => {
    const values = listSources('report')
      .flatMap(readImports)
      .filter(({ specifier, typeOnly }) => specifier.startsWith('@osprofiler/') && !typeOnly)
      .filter(({ specifier }) => !PURE_MODULES.includes(specifier))

    expect(values).toEqual([])
  })

  it.each(PURE_MODULES)(
    'in %s from modules that need Node are only types, so that browsers can run the entry point',
    entry => {
      const folder = `/src/${entry.slice('@osprofiler/core/'.length)}/`
      const files = listSources('core').filter(file => file.includes(folder))
      const strays = files.flatMap(file =>
        readImports(file)
          .filter(({ specifier, typeOnly }) => !typeOnly && !/^\.\/|^\.\.\/json\//.test(specifier))
          .map(({ specifier }) => `${relative(packagesFolder, file)} -> ${specifier}`),
      )

      expect(files).not.toEqual([])
      expect(strays).toEqual([])
    },
  )

  it.each(packages)('of %s are among its dependencies', name => {
    const manifest = JSON.parse(readFileSync(join(packagesFolder, name, 'package.json'), 'utf8'))
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

    // Imports in the viewer's page sources need no dependency, because the build bundles them.
    const undeclared = listSources(name)
      .filter(file => !file.includes('/pages/'))
      .flatMap(readImports)
      .map(({ specifier }) => specifier)
      .filter(specifier => !/^(\.|node:)/.test(specifier))
      .map(specifier => specifier.match(/^(@[^/]+\/[^/]+|[^/]+)/)?.[0] ?? specifier)
      .filter(dependency => !declared.includes(dependency))

    expect(undeclared).toEqual([])
  })

  it.each(packages)('among the files in %s form no cycle', name => {
    const graph = new Map(listSources(name).map(file => [file, listRelativeImports(file)]))

    expect(findCycle(graph)).toBeUndefined()
  })

  it.each(packages)('among the folders in %s form no cycle', name => {
    const graph = new Map<string, string[]>()
    for (const file of listSources(name)) {
      const room = findFolder(name, file)
      const targets = listRelativeImports(file).map(target => findFolder(name, target))
      graph.set(room, [...(graph.get(room) ?? []), ...targets.filter(target => target !== room)])
    }

    expect(findCycle(graph)).toBeUndefined()
  })

  it.each(packages)('of %s are in folders of at most 15 source files', name => {
    const counts = new Map<string, number>()
    for (const file of listSources(name)) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)

    const crowded = [...counts].filter(([, count]) => count > MAX_FOLDER_FILES)

    expect(crowded.map(([folder, count]) => `${relative(packagesFolder, folder)}: ${count}`)).toEqual([])
  })

  it.each(['http', 'rpc', 'toolkit'])('in the other folders of core are never from core/%s', entry => {
    const upward = listSources('core')
      .filter(file => !file.includes(`/src/${entry}/`))
      .flatMap(file => listRelativeImports(file).filter(target => target.includes(`/src/${entry}/`)))

    expect(upward).toEqual([])
  })

  it("in a store's folder are never from another store's folder", () => {
    const src = join(packagesFolder, 'drivers', 'src')
    /** Folders that every store may use. */
    const common = ['opening', 'records', 'listing', 'lifetime']
    const folders = readdirSync(src, { withFileTypes: true }).flatMap(entry =>
      entry.isDirectory() && !common.includes(entry.name) ? [entry.name] : [],
    )
    /** Folders that several stores share because they use the same query language. */
    const shared: Record<string, string> = { postgresql: 'sql', mysql: 'sql' }

    const strays = listSources('drivers').flatMap(file => {
      const [store = ''] = relative(src, file).split('/')
      if (store === 'open-driver.ts') return []
      return listRelativeImports(file)
        .map(target => relative(src, target).split('/')[0] ?? '')
        .filter(folder => folders.includes(folder) && folder !== store && folder !== shared[store])
        .map(folder => `${relative(src, file)} -> ${folder}`)
    })

    expect(folders).toContain('redis')
    expect(strays).toEqual([])
  })
})

/** Returns a package's source files. The sources of the viewer's pages are in a folder next to `src`. */
function listSources(name: string): string[] {
  return ['src', 'pages']
    .map(folder => join(packagesFolder, name, folder))
    .filter(folder => existsSync(folder))
    .flatMap(folder =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(file => /\.tsx?$/.test(file))
        .map(file => join(folder, file)),
    )
}

/**
 * Returns a file's folder. A file directly in `src` counts as its own folder, because most folders import some of these
 * files.
 */
function findFolder(name: string, file: string): string {
  const folder = dirname(file)
  return folder === join(packagesFolder, name, 'src') ? file : folder
}

function readImports(file: string): Import[] {
  const source = readFileSync(file, 'utf8')
  const statement = /^(?:import|export)\s+(?:(type\s+)?([\w$*,{}\s]+?)\s+from\s+)?'([^']+)'/gm
  const statements = [...source.matchAll(statement)].map(([, type, names, specifier]) => ({
    specifier: specifier ?? '',
    typeOnly: type !== undefined || /^\{(\s*type\s[^,}]+,?)+\s*\}\s*$/.test(names ?? ''),
  }))
  const dynamic = [...source.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, specifier]) => ({
    specifier: specifier ?? '',
    typeOnly: false,
  }))
  return [...statements, ...dynamic]
}

function listRelativeImports(file: string): string[] {
  return readImports(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => join(dirname(file), specifier.replace(/\.js$/, '.ts')))
    .map(target => (existsSync(target) ? target : target.replace(/\.ts$/, '.tsx')))
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>()
  const path: string[] = []
  function visit(file: string): string | undefined {
    if (path.includes(file)) {
      const cycle = [...path.slice(path.indexOf(file)), file]
      return cycle.map(entry => relative(packagesFolder, entry)).join(' -> ')
    }
    if (done.has(file)) return undefined
    path.push(file)
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file)
    if (cycle !== undefined) return cycle
  }
  return undefined
}
