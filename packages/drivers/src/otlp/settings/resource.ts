import type { TraceRecord } from '@osprofiler/core'
import { decodeURIComponent, process } from '@osprofiler/core/toolkit'

/** Resource attributes from the settings. They are added to the attributes of the program that wrote a record. */
export interface OtlpResource {
  /**
   * Adds the resource attributes from the settings to the attributes of a record's program. If an attribute has a value
   * in both, the value from the settings is used.
   */
  complete(attributes: Record<string, string>, record: TraceRecord): Record<string, string>
}

const PLACEHOLDER = /\{([^{}]*)\}/g
const PLACEHOLDER_AND_HYPHENS = /(-?)\{(project|service)\}(-?)/g
const PLACEHOLDER_NAMES: readonly string[] = ['project', 'service']

/** Returns whether a template for a service name contains no placeholders except `{project}` and `{service}`. */
export function isServiceTemplate(text: string): boolean {
  const rest = text.replace(PLACEHOLDER, (_, name: string) => (PLACEHOLDER_NAMES.includes(name) ? '' : '{'))
  return !/[{}]/.test(rest)
}

/**
 * Reads the resource attributes from the environment and from the option `service`. The option may contain the
 * placeholders `{project}` and `{service}`, which are replaced by the values of each record. Python's driver uses the
 * service name `{project}-{service}` and no namespace. `OTEL_RESOURCE_ATTRIBUTES` has the format of W3C baggage: pairs
 * `name=value`, percent-encoded and separated by commas.
 */
export function readResource(option: string | undefined): OtlpResource {
  const given: Record<string, string> = {}
  for (const pair of (process.env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',')) {
    const [name = '', ...value] = pair.split('=')
    if (name.trim() !== '' && value.length > 0) given[name.trim()] = decode(value.join('=').trim())
  }
  const name = option ?? (process.env.OTEL_SERVICE_NAME || undefined)
  const template = option?.includes('{') ? option : undefined
  if (name !== undefined) given['service.name'] = name
  return {
    complete(attributes, record) {
      if (template === undefined) return { ...attributes, ...given }
      const { 'service.namespace': namespace, ...others } = attributes
      const own = template.includes('{project}') || namespace === undefined ? {} : { 'service.namespace': namespace }
      return { ...others, ...own, ...given, 'service.name': fillTemplate(template, record) || 'unknown_service' }
    },
  }
}

/** Fills in the placeholders of a template. If a value is empty, the hyphen next to its placeholder is dropped. */
function fillTemplate(template: string, record: TraceRecord): string {
  let isShort = false
  const shown = template.replace(
    PLACEHOLDER_AND_HYPHENS,
    (_, before: string, name: 'project' | 'service', after: string) => {
      const value = record[name]
      isShort ||= value === ''
      return value === '' ? before && after : `${before}${value}${after}`
    },
  )
  return (isShort ? shown.replace(/^-|-$/g, '') : shown).toWellFormed()
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
