import { options } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Returns whether the page is being printed. For printing, all rows have to be in the document. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false)
  useEffect(() => {
    const createListener = (value: boolean) => () => {
      const { debounceRendering } = options
      options.debounceRendering = render => render()
      setPrinting(value)
      if (debounceRendering === undefined) delete options.debounceRendering
      else options.debounceRendering = debounceRendering
    }
    const before = createListener(true)
    const after = createListener(false)
    addEventListener('beforeprint', before)
    addEventListener('afterprint', after)
    return () => {
      removeEventListener('beforeprint', before)
      removeEventListener('afterprint', after)
    }
  }, [])
  return printing
}
