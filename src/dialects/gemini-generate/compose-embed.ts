import type { Embed, EmbedInput } from '../../model/embed.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, TextPart } from '../../model/part.ts'
import type { Aim, Composed } from '../dialect.ts'
import { partsOf, saidOf } from '../embed.ts'
import { wireMedia } from './media.ts'
import { resource } from './path.ts'
import { taskTypes } from './tasks.ts'

/**
 * Inputs for a model of Google's, each with what is wanted of its vector. Fields stand where every model looks for them;
 * `embedContentConfig`, which is newer, holds only what has no other place.
 */
export function composeEmbed(embed: Embed, aim: Aim): Composed {
  const requests = embed.inputs.map(input => requestOf(input, embed, aim))
  const [only] = requests
  const lost = [...saidOf(embed, ['user']), ...Object.keys(embed.extras.fields)]
  if (only && requests.length === 1) return { body: only, lost }
  return { body: { requests }, lost, batch: true }
}

function requestOf(input: EmbedInput, { task, dimensions, truncate }: Embed, aim: Aim): JsonObject {
  const parts = partsOf(input, aim).map(wirePart)
  const title = input.type === 'parts' ? input.title : undefined
  return {
    model: resource(aim.model),
    content: { parts },
    ...(task && { taskType: taskTypes[task] }),
    ...(title && { title: title.text }),
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
    ...(truncate !== undefined && { embedContentConfig: { autoTruncate: truncate } }),
  }
}

const wirePart = (part: TextPart | MediaPart): JsonObject =>
  part.type === 'text' ? { text: part.text } : wireMedia(part)
