/** Follows a JSON object as it is written, and knows when it is whole. */
export class JsonEnd {
  #depth = 0
  #begun = false
  #inString = false
  #escaped = false

  get begun(): boolean {
    return this.#begun
  }

  get whole(): boolean {
    return this.#begun && this.#depth === 0
  }

  push(text: string): void {
    for (const char of text) this.#next(char)
  }

  #next(char: string): void {
    if (this.#escaped) this.#escaped = false
    else if (this.#inString) this.#nextInString(char)
    else if (char === '"') this.#inString = true
    else if (char === '{' || char === '[') {
      this.#depth++
      this.#begun = true
    } else if (char === '}' || char === ']') this.#depth--
  }

  #nextInString(char: string): void {
    if (char === '\\') this.#escaped = true
    else if (char === '"') this.#inString = false
  }
}
