import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { findJdk } from './find-jdk.js'
import { runBuild } from './run-build.js'
import { locateSources, readSources } from './server-sources.js'

/** A server whose jars come from Maven, and which our classes start. */
export interface JavaProgram {
  /** The program's name in the cache. */
  readonly name: string
  /** The folder next to this file that contains the pom and the classes. */
  readonly sources: string
  /** The oldest supported version of Java. */
  readonly java: number
  /** Properties for the pom, such as `{ 'server.version': '9.1.0' }`. */
  readonly properties?: Readonly<Record<string, string>>
  /** Runs further steps in the folder that contains `lib` and `classes`. */
  finish?(folder: string, jdk: string): Promise<void>
}

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** Returns whether this machine has a JDK that can run the program. */
export function hasJavaFor({ java }: JavaProgram): boolean {
  return findJdk(java) !== undefined
}

/**
 * Returns the program's entry in the cache: the folder `lib` with Maven's jars, and `classes` with the compiled
 * sources.
 */
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
      // Maven creates a folder next to the pom, so it gets a copy of the pom.
      cpSync(join(folder, 'pom.xml'), join(part, 'pom.xml'))
      await runBuild('mvn', ['-q', '-B', COPY, `-DoutputDirectory=${lib}`, '-DincludeScope=runtime', ...settings], part)
      await compileJava({ jdk, release: java, classPath: join(lib, '*'), folder, classes: join(part, 'classes') })
      await finish?.(part, jdk)
      rmSync(join(part, 'target'), { recursive: true, force: true })
    },
  }
}

/** Compiles all sources in a folder. */
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

/** Fetches the program if it is not in the cache. Resolves to the path of `java` and to the program's folder. */
export async function fetchJavaProgram(program: JavaProgram): Promise<{ java: string; folder: string }> {
  const jdk = findJdk(program.java)
  if (jdk === undefined) throw new Error(`${program.name} needs a JDK of Java ${program.java} or later`)
  const folder = await fetchOnce(describeJavaProgram(program))
  return { java: join(jdk.folder, 'bin/java'), folder }
}

/** Options for a fast start and low memory use: a garbage collector with one thread, and only Java's first compiler. */
export const JAVA_OPTIONS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xshare:auto']
