import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileJava, type JavaProgram } from './java-program.js'
import { runBuild } from './run-build.js'
import { locateSources } from './server-sources.js'

/** The search servers that tests start, by product and major version. */
export type SearchServerName = keyof typeof SEARCH_PROGRAMS

export const SEARCH_PROGRAMS = {
  elasticsearch7: { name: 'elasticsearch7', sources: 'elasticsearch7', java: 17 },
  elasticsearch8: describeElasticsearch('8.19.0'),
  elasticsearch9: describeElasticsearch('9.1.0'),
  opensearch2: { name: 'opensearch2', sources: 'opensearch2', java: 17 },
  opensearch3: { name: 'opensearch3', sources: 'opensearch3', java: 21 },
} as const satisfies Record<string, JavaProgram>

/**
 * Returns the program for Elasticsearch 8 or later. It loads plugins from folders: its own plugin for HTTP, and our
 * plugin for features that the jars from Maven lack.
 */
function describeElasticsearch(version: string) {
  return {
    name: `elasticsearch${Number.parseInt(version, 10)}`,
    sources: 'elasticsearch',
    java: 21,
    properties: { 'server.version': version },
    async finish(folder: string, jdk: string): Promise<void> {
      const modules = join(folder, 'modules')
      for (const name of ['transport-netty4', 'missing-modules']) mkdirSync(join(modules, name), { recursive: true })
      await moveNetty(folder, join(modules, 'transport-netty4'), version, jdk)
      await addMissingModules(folder, join(modules, 'missing-modules'), version, jdk)
    },
  }
}

async function moveNetty(folder: string, module: string, version: string, jdk: string): Promise<void> {
  const lib = join(folder, 'lib')
  const jar = `transport-netty4-${version}.jar`
  const descriptor = 'META-INF/es-plugins/transport-netty4/plugin-descriptor.properties'
  await runBuild(join(jdk, 'bin/jar'), ['xf', join(lib, jar), descriptor], folder)
  // The server is on the class path, so Java cannot find it as a module, and the plugin must not be a module either.
  const lines = readFileSync(join(folder, descriptor), 'utf8').split('\n')
  const text = lines.filter(line => !line.startsWith('modulename')).join('\n')
  writeFileSync(join(module, 'plugin-descriptor.properties'), text)
  for (const file of readdirSync(lib)) {
    if (file === jar || file.startsWith('netty-')) renameSync(join(lib, file), join(module, file))
  }
}

async function addMissingModules(folder: string, module: string, version: string, jdk: string): Promise<void> {
  const classes = join(folder, 'missing-classes')
  const sources = join(locateSources('elasticsearch'), 'modules')
  await compileJava({ jdk, release: 17, classPath: join(folder, 'lib/*'), folder: sources, classes })
  await runBuild(join(jdk, 'bin/jar'), ['cf', join(module, 'missing-modules.jar'), '-C', classes, '.'], folder)
  const descriptor = {
    name: 'missing-modules',
    description: 'Features that Maven Central does not offer',
    version,
    'elasticsearch.version': version,
    'java.version': '17',
    classname: 'osprofiler.test.MissingModules',
  }
  const lines = Object.entries(descriptor).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(module, 'plugin-descriptor.properties'), lines.join(''))
}
