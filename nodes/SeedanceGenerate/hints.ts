import type { IBuilderHint } from 'n8n-workflow';
import { providerNameInExpression } from '../shared/node/description';
import { usualDuration } from '../shared/vocabulary';

/** What n8n tells its workflow builder, and the person who waits. */

/** For the language models that build workflows. */
export const builderHint: IBuilderHint = {
	searchHint:
		'Makes AI videos with Seedance 2.0 from text, images, videos and audio. Each input item makes one paid video: never put the node into a loop to check on a video, and use Limit before it while testing. Choose the mode first, as it decides which media fields exist: textToVideo none; firstFrame and firstAndLastFrame the fields firstFrame… and lastFrame…; multimodalReference the lists images, videos and audios; videoEditing images and videos; videoExtension videos. By default the node waits and puts the MP4 into the binary field data, ready for Google Drive, YouTube, Telegram or S3. For a cheap preview set draft with a Seedance 2.5 model, and make the full quality of it with the operation finalizeDraft, which is paid too. A face, product or voice that is used in many videos is uploaded once as an asset.',
	relatedNodes: [
		{ nodeType: 'n8n-nodes-seedance.asset', relationHint: 'Uploads an image, video or audio file once, to cite it in many videos' },
		{ nodeType: 'n8n-nodes-seedance.assetGroup', relationHint: 'Makes the group that assets are put into at AnyFast and Alad' },
		{
			nodeType: 'n8n-nodes-seedance.seedanceGenerateTrigger',
			relationHint: 'Starts another workflow when a video of PiAPI or Apiframe is ready, together with Wait for Completion = dontWait and the option webhookUrl',
		},
	],
};

/** Shown while the execution is suspended: until the provider calls, or until the next check. */
export const waitingTooltip = `={{ ($parameter["operation"] === "waitForTask" ? "n8n checks the task about once a minute until the video is ready." : ${providerNameInExpression} + " calls n8n when the video is ready, usually after ${usualDuration}.") + " You can close the tab." }}`;
