import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A JDK: its folder, and the number of its Java. */
export interface Jdk {
  readonly folder: string
  readonly version: number
}

const JVM_FOLDER = '/usr/lib/jvm'

/** The oldest JDK here that has at least this version: an old server was never tried on the newest Java. */
export function findJdk(atLeast: number): Jdk | undefined {
  const jdks = listCandidates().flatMap(folder => readJdk(folder) ?? [])
  return jdks.filter(({ version }) => version >= atLeast).sort((one, other) => one.version - other.version)[0]
}

/** JAVA_HOME, what the system has installed, and the one that `java` in the PATH belongs to. */
function listCandidates(): string[] {
  const { JAVA_HOME, PATH = '' } = process.env
  const installed = existsSync(JVM_FOLDER) ? readdirSync(JVM_FOLDER).map(name => join(JVM_FOLDER, name)) : []
  const inPath = PATH.split(':').map(folder => join(folder, 'java'))
  const ofPath = inPath.filter(file => existsSync(file)).map(file => dirname(dirname(realpathSync(file))))
  return [...(JAVA_HOME ? [JAVA_HOME] : []), ...installed, ...ofPath]
}

/** A JDK of Java 9 or later has a file that names its version. A JRE has no compiler. */
function readJdk(folder: string): Jdk | undefined {
  const release = join(folder, 'release')
  if (!existsSync(release) || !existsSync(join(folder, 'bin/javac'))) return undefined
  const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1]
  return version === undefined ? undefined : { folder, version: Number(version) }
}
