import { bearer, type Provider } from './provider.ts'

export const nvidia: Provider = {
  id: 'nvidia',
  name: 'NVIDIA NIM',
  dialect: 'openai-chat',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  keyFrom: ['NVIDIA_API_KEY'],
  auth: bearer,
  quirks: { maxTokensField: 'max_tokens', noDeveloper: true },
  docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
}
