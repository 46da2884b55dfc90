import { bearer, type Provider } from './provider.ts'

export const huggingface: Provider = {
  id: 'huggingface',
  name: 'Hugging Face Inference Providers',
  dialect: 'openai-chat',
  baseUrl: 'https://router.huggingface.co/v1',
  keyFrom: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
  auth: bearer,
  quirks: { maxTokensField: 'max_tokens', noDeveloper: true },
  docs: 'https://huggingface.co/docs/inference-providers',
}
