import type { JsonObject } from '../../model/json.ts'
import type { MediaPart } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { toDataUrl } from '../data-url.ts'
import type { Making } from '../dialect.ts'
import { dialectId } from './id.ts'
import { nativeDetail } from './thoughts.ts'

/** Media that a model made, as a caller gets them: sounds in OpenAI's form, pictures in OpenRouter's. */

type Shown = Pick<MediaPart, 'kind' | 'source'>

export function writeShown({ kind, source }: Shown): JsonObject {
  const type = kind === 'video' ? 'video_url' : 'image_url'
  const url =
    source.from === 'data' ? toDataUrl(source.mediaType, source.data) : source.from === 'url' ? source.url : ''
  return { type, [type]: { url } }
}

/** OpenAI keeps a sound for an hour, so that it can be named in the next request; nobody else does. */
export function soundName(seal: Sealed | undefined, { id, created }: Making): JsonObject {
  const kept = seal?.dialect === dialectId ? nativeDetail(seal.value, '') : undefined
  return { id: `audio_${id}`, expires_at: created, ...kept }
}

export const writeSound = ({ source, transcript, seal }: MediaPart, making: Making): JsonObject => ({
  ...soundName(seal, making),
  data: source.from === 'data' ? source.data : '',
  transcript: transcript ?? '',
})
