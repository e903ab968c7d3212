import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A JDK: its folder, and its version of Java. */
export interface Jdk {
  readonly folder: string
  readonly version: number
}

const JVM_FOLDER = '/usr/lib/jvm'

/**
 * Returns the oldest JDK on this machine that has at least the given version, because old servers have not been tested
 * with the newest Java.
 */
export function findJdk(atLeast: number): Jdk | undefined {
  const jdks = listCandidates().flatMap(folder => readJdk(folder) ?? [])
  return jdks.filter(({ version }) => version >= atLeast).sort((one, other) => one.version - other.version)[0]
}

/** Returns the folder in JAVA_HOME, the folders of the installed JDKs, and those of the JDKs in the PATH. */
function listCandidates(): string[] {
  const { JAVA_HOME, PATH = '' } = process.env
  const installed = existsSync(JVM_FOLDER) ? readdirSync(JVM_FOLDER).map(name => join(JVM_FOLDER, name)) : []
  const inPath = PATH.split(':').map(folder => join(folder, 'java'))
  const ofPath = inPath.filter(file => existsSync(file)).map(file => dirname(dirname(realpathSync(file))))
  return [...(JAVA_HOME ? [JAVA_HOME] : []), ...installed, ...ofPath]
}

/**
 * Reads a JDK's version from its file `release`, which exists since Java 9. A JRE is skipped, because it has no
 * compiler.
 */
function readJdk(folder: string): Jdk | undefined {
  const release = join(folder, 'release')
  if (!existsSync(release) || !existsSync(join(folder, 'bin/javac'))) return undefined
  const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1]
  return version === undefined ? undefined : { folder, version: Number(version) }
}
