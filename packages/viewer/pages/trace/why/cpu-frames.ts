import { type Account, type Cause, formatCallSite } from '@osprofiler/report/toolkit'

/** A frame of the flame graph of CPU time. */
interface CpuFrame {
  readonly title: string
  readonly detail: string
  /** The index of the account (a service's explanation of its part of a request's time) from which the frame comes. */
  readonly account: number
  /** 0 for a service, 1 for a function, 2 for its hottest line. */
  readonly level: 0 | 1 | 2
  readonly offsetUs: number
  readonly us: number
}

/**
 * Lists the frames of the CPU time: services, their functions, and the hottest line of each function. An account has no
 * call stacks, so functions are not below their callers.
 */
export function listCpuFrames(accounts: readonly Account[]): { readonly frames: CpuFrame[]; readonly totalUs: number } {
  const frames: CpuFrame[] = []
  let offsetUs = 0
  accounts.forEach((account, index) => {
    const causes = account.causes.filter(({ kind }) => kind === 'cpu')
    const us = causes.reduce((sum, cause) => sum + cause.us, 0)
    if (us === 0) return
    const common = { account: index, detail: '' }
    frames.push({ ...common, title: account.service ?? 'a service', level: 0, offsetUs, us })
    for (const cause of causes) {
      frames.push(...listFunctionFrames(cause, index, offsetUs))
      offsetUs += cause.us
    }
  })
  return { frames, totalUs: offsetUs }
}

function listFunctionFrames(
  { place, hotLine, hotShare, via, us }: Cause,
  account: number,
  offsetUs: number,
): CpuFrame[] {
  const site = place === undefined ? '' : formatCallSite(place)
  const title = place?.function ?? (site || 'other code')
  const detail = [site, via && `via ${via}`].filter(Boolean).join(' ')
  const frame: CpuFrame = { title, detail, account, level: 1, offsetUs, us }
  if (hotLine === undefined) return [frame]
  const hot = { title: formatCallSite(hotLine), detail: '', account, level: 2, offsetUs, us: us * hotShare } as const
  return [frame, hot]
}
