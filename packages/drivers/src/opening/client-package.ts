import { pathToFileURL } from 'node:url'
import { OsprofilerError } from '@osprofiler/core'
import { mainFile, noteOwnClient, requireFrom, resolvePackage } from '@osprofiler/core/toolkit'
import type { OpenContext } from './store-driver.js'

interface Clients {
  readonly '@elastic/elasticsearch': typeof import('@elastic/elasticsearch')
  readonly '@opensearch-project/opensearch': typeof import('@opensearch-project/opensearch')
  readonly '@opentelemetry/exporter-trace-otlp-http': typeof import('@opentelemetry/exporter-trace-otlp-http')
  readonly '@opentelemetry/exporter-trace-otlp-proto': typeof import('@opentelemetry/exporter-trace-otlp-proto')
  readonly amqplib: typeof import('amqplib')
  readonly ioredis: typeof import('ioredis')
  readonly mongodb: typeof import('mongodb')
  readonly mysql2: { readonly default: typeof import('mysql2') }
  readonly pg: typeof import('pg')
}

// `import.meta.url` is undefined in a CommonJS bundle.
const thisFileUrl: string | undefined = import.meta.url

/**
 * Throws `ERR_MISSING_CLIENT` if neither this package nor the application's main file could import the client package.
 * Does not load the client.
 */
export function findClient(
  packageName: string,
  { scheme, checkOnly }: Pick<OpenContext, 'scheme' | 'checkOnly'>,
): void {
  if (checkOnly || isInstalledForDrivers(packageName) || resolveClient(packageName) !== undefined) return
  throw new OsprofilerError(
    'ERR_MISSING_CLIENT',
    `${scheme}:// needs the package ${packageName}, which is not installed. Run "npm install ${packageName}".`,
  )
}

/**
 * Loads a store's client. Imports the client as this package itself would do. If this package cannot find the client,
 * imports it as the application's main file would do. The package name in `import()` must not be a literal. Otherwise,
 * a bundler would look for the package, and fail if the package is not installed.
 */
export async function loadClient<Name extends keyof Clients>(packageName: Name): Promise<Clients[Name]> {
  const file = isInstalledForDrivers(packageName) ? undefined : resolveClient(packageName)
  noteOwnClient(packageName)
  const specifier: string = file === undefined ? packageName : pathToFileURL(file).href
  return await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier)
}

/**
 * Returns the path of the file that an import of the client package would load. Looks for the file as an import in this
 * package would do, and then as an import in the application's main file would do.
 */
export function resolveClient(packageName: string): string | undefined {
  for (const from of [thisFileUrl, mainFile()]) {
    const file = from === undefined ? undefined : resolvePackage(packageName, from)
    if (file !== undefined) return file
  }
  return undefined
}

function isInstalledForDrivers(packageName: string): boolean {
  if (thisFileUrl === undefined) return false
  if (resolvePackage(packageName, thisFileUrl) !== undefined) return true
  try {
    requireFrom(thisFileUrl).resolve(packageName)
    return false
  } catch (error) {
    // A package without an entry point for `require` also counts as installed.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  }
}
