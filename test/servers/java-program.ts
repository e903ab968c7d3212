import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { findJdk } from './find-jdk.js'
import { runBuild } from './run-build.js'
import { locateSources, readSources } from './server-sources.js'

/** A server whose jars Maven brings, and which classes of ours start. */
export interface JavaProgram {
  /** What the cache calls it. */
  readonly name: string
  /** The folder beside this file that has its pom and its classes. */
  readonly sources: string
  /** The Java that it needs, at least. */
  readonly java: number
  /** Settings of the pom, as in `{ 'server.version': '9.1.0' }`. */
  readonly properties?: Readonly<Record<string, string>>
  /** Further steps in the folder that has `lib` and `classes`. */
  finish?(folder: string, jdk: string): Promise<void>
}

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** Whether a JDK here can run it. */
export function hasJavaFor({ java }: JavaProgram): boolean {
  return findJdk(java) !== undefined
}

/** What the cache keeps of it: the folders `lib`, of Maven's jars, and `classes`, of the compiled sources. */
export function describeJavaProgram(program: JavaProgram): Fetched {
  const { name, sources, java, properties = {}, finish } = program
  const folder = locateSources(sources)
  return {
    name,
    key: [...readSources(folder), String(java), JSON.stringify(properties), String(finish)],
    async fill(part) {
      const jdk = findJdk(java)?.folder
      if (jdk === undefined) throw new Error(`${name} needs a JDK of Java ${java} or later`)
      const settings = Object.entries(properties).map(([key, value]) => `-D${key}=${value}`)
      const lib = join(part, 'lib')
      // Beside a copy of the pom: Maven leaves a folder there.
      cpSync(join(folder, 'pom.xml'), join(part, 'pom.xml'))
      await runBuild('mvn', ['-q', '-B', COPY, `-DoutputDirectory=${lib}`, '-DincludeScope=runtime', ...settings], part)
      await compileJava({ jdk, release: java, classPath: join(lib, '*'), folder, classes: join(part, 'classes') })
      await finish?.(part, jdk)
      rmSync(join(part, 'target'), { recursive: true, force: true })
    },
  }
}

/** Compiles all sources of a folder. */
export async function compileJava(plan: {
  readonly jdk: string
  readonly release: number
  readonly classPath: string
  readonly folder: string
  readonly classes: string
}): Promise<void> {
  const { jdk, release, classPath, folder, classes } = plan
  const files = readdirSync(folder).filter(file => file.endsWith('.java'))
  mkdirSync(classes)
  const options = ['--release', String(release), '-nowarn', '-proc:none', '-cp', classPath, '-d', classes]
  await runBuild(join(jdk, 'bin/javac'), [...options, ...files.map(file => join(folder, file))], folder)
}

/** Fetches it where nobody did so before, and resolves to the command that `java` runs it by, and its folder. */
export async function fetchJavaProgram(program: JavaProgram): Promise<{ java: string; folder: string }> {
  const jdk = findJdk(program.java)
  if (jdk === undefined) throw new Error(`${program.name} needs a JDK of Java ${program.java} or later`)
  const folder = await fetchOnce(describeJavaProgram(program))
  return { java: join(jdk.folder, 'bin/java'), folder }
}

/** What each of them starts faster and smaller with: one collector's thread, and the first compiler alone. */
export const JAVA_OPTIONS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xshare:auto']
