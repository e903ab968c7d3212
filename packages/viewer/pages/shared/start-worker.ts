interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** The page's content security policy accepts a worker's URL only from this Trusted Types policy. */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('osprofiler', {
  createScriptURL: url => url,
})

/** Starts a worker from the source text of a script, because the page is a single file. */
export function startWorker(script: string): Worker {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  try {
    return new Worker(policy?.createScriptURL(url) ?? url)
  } finally {
    URL.revokeObjectURL(url)
  }
}
