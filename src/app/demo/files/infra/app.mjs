// The CDK app: buckets, function, topic, failure queue and alarm of the thumbnail feature.

import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

import { App, Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as notifications from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';

import { SIZES } from '../lambda/thumbnails.mjs';

const INCOMING = 'incoming/';
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = path.join(ROOT, 'lambda');

// The function gets the versions that package.json pins, as binaries for Lambda and not for the
// machine this runs on.
function bundle(outputDir) {
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const manifest = { private: true, type: 'module', dependencies };
  writeFileSync(path.join(outputDir, 'package.json'), JSON.stringify(manifest));
  for (const file of ['handler.mjs', 'thumbnails.mjs']) {
    copyFileSync(path.join(SOURCES, file), path.join(outputDir, file));
  }
  const target = ['--os=linux', '--cpu=x64', '--libc=glibc'];
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const args = ['install', '--omit=dev', '--ignore-scripts', ...target, ...quiet];
  // What npm says goes to stderr: CDK keeps stdout for itself.
  execFileSync('npm', args, { cwd: outputDir, stdio: ['ignore', process.stderr, process.stderr] });
  return true;
}

function functionCode() {
  return lambda.Code.fromAsset(SOURCES, {
    // The packages are part of the asset: a changed version has to change its hash.
    extraHash: readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
    bundling: {
      image: lambda.Runtime.NODEJS_22_X.bundlingImage,
      local: { tryBundle: bundle },
    },
  });
}

class ThumbnailStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);

    const uploads = this.bucket('Uploads', 'uploads', [
      {
        prefix: INCOMING,
        transitions: [
          { storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) },
        ],
      },
    ]);
    const renditions = this.bucket('Renditions', 'renditions', []);
    const images = new sns.Topic(this, 'Images', { enforceSSL: true });
    const failures = new sqs.Queue(this, 'Failures', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const resizer = this.resizer(renditions, images, failures);

    resizer.addToRolePolicy(new iam.PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [uploads.arnForObjects(`${INCOMING}*`)],
    }));
    resizer.addToRolePolicy(new iam.PolicyStatement({
      actions: ['s3:PutObject'],
      resources: SIZES.map(({ name }) => renditions.arnForObjects(`${name}/*`)),
    }));
    images.grantPublish(resizer);
    uploads.addEventNotification(
      s3.EventType.OBJECT_CREATED,
      new notifications.LambdaDestination(resizer),
      { prefix: INCOMING },
    );

    failures.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    }).createAlarm(this, 'FailureAlarm', {
      alarmDescription: 'Uploads failed after all retries; their events are in the failure queue',
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });

    new CfnOutput(this, 'UploadBucket', { value: uploads.bucketName });
    new CfnOutput(this, 'RenditionBucket', { value: renditions.bucketName });
    new CfnOutput(this, 'ImageTopic', { value: images.topicArn });
    new CfnOutput(this, 'FailureQueue', { value: failures.queueUrl });
  }

  bucket(id, purpose, lifecycleRules) {
    return new s3.Bucket(this, id, {
      bucketName: `photo-${purpose}-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(7) },
        ...lifecycleRules,
      ],
    });
  }

  resizer(renditions, images, failures) {
    return new lambda.Function(this, 'Resizer', {
      description: 'Makes, stores and announces the renditions of uploaded photos',
      runtime: lambda.Runtime.NODEJS_22_X,
      architecture: lambda.Architecture.X86_64,
      code: functionCode(),
      handler: 'handler.handler',
      // 50 million pixels decode to 200 MB; the CPU share grows with the memory.
      memorySize: 2048,
      timeout: Duration.seconds(60),
      reservedConcurrentExecutions: 20,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new destinations.SqsDestination(failures),
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup: new logs.LogGroup(this, 'ResizerLogs', {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      environment: {
        RENDITION_BUCKET: renditions.bucketName,
        TOPIC_ARN: images.topicArn,
      },
    });
  }
}

const app = new App();
new ThumbnailStack(app, 'Thumbnails', {
  description: 'Three sizes of every uploaded photo, announced on SNS',
});
