/**
 * Entry points of threads. Each has the extension of this file: `.ts` where sources run, `.js` in `dist`.
 */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))

/** The entry point of that name in this folder. */
export function entryOf(name: string): URL {
  return new URL(`./${name}${extension}`, import.meta.url)
}
