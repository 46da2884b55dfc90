/** Whether what is said to be an image is one: by the bytes that each format begins with. */

const beginnings: Readonly<Record<string, readonly number[]>> = {
  png: [0x89, 0x50, 0x4e, 0x47],
  jpeg: [0xff, 0xd8, 0xff],
  gif: [0x47, 0x49, 0x46, 0x38],
  webp: [0x52, 0x49, 0x46, 0x46],
}

export const imageFormats: readonly string[] = Object.keys(beginnings)

export const imageTypes: readonly string[] = imageFormats.map(each => `image/${each}`)

const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/

export const isBase64 = (data: string): boolean => base64.test(data)

/** `undefined` where the data is no base64 or begins as no image does. */
export function imageFormatOf(data: string): string | undefined {
  if (!isBase64(data)) return undefined
  const start = Buffer.from(data.slice(0, 16), 'base64')
  return imageFormats.find(format => beginnings[format]?.every((byte, i) => start[i] === byte))
}

/** A `data:` address of an image, or any address elsewhere. */
export function isImageAddress(url: string): boolean {
  if (/^https?:\/\//.test(url)) return true
  const [, type = '', data = ''] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? []
  return type.startsWith('image/') && imageFormatOf(data) !== undefined
}
