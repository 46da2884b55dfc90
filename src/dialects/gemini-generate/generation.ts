/**
 * Which generation a model is of, for what Google has tied to it: `thinkingLevel` is an error for models before the third,
 * and signatures of function calls are demanded since. 0 where the name does not tell (aliases, tuned models, Gemma).
 */
export function generation(model: string): number {
  const [, number] = /(?:^|\/)gemini-(\d+(?:\.\d+)?)(?:-|$)/.exec(model) ?? []
  return number === undefined ? 0 : Number.parseFloat(number)
}
