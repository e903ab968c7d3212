import { escapeControl } from '@osprofiler/report'

/** JSON as it may be shown: its line breaks are kept, what would hide or turn letters round is escaped. */
export function rawText(json: string): string {
  return json.split('\n').map(escapeControl).join('\n')
}
