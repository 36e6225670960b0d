//! Policy documents of a template as IAM would read them, for whoever can judge one: what only the
//! account knows is made up, in the form that it will have.
//!
//! Always holds: a document has the actions, effects, principals and conditions of the template; a
//! reference becomes an ARN or a name that nobody has.

use super::{Map, Template, Value};

/// A policy document, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The logical id of the resource that carries it.
    pub resource: String,
    /// The document, as JSON.
    pub text: String,
}

/// Every policy document of a template, in its order; the same text of one resource once.
pub fn documents(template: &Template, account: &str, region: &str) -> Vec<Document> {
    let place = Place { template, account, region };
    let mut found = Vec::new();
    for resource in &template.resources {
        for value in resource.properties.values() {
            collect(value, &mut |document| {
                let document = Document { resource: resource.id.clone(), text: place.plain(document).to_string() };
                if !found.contains(&document) {
                    found.push(document);
                }
            });
        }
    }
    found
}

fn collect(value: &Value, take: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(map) if map.contains_key("Statement") => take(value),
        Value::Object(map) => map.values().for_each(|inner| collect(inner, take)),
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, take)),
        _ => {}
    }
}

struct Place<'a> {
    template: &'a Template,
    account: &'a str,
    region: &'a str,
}

impl Place<'_> {
    fn plain(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => match called(map) {
                Some((name, argument)) => Value::String(self.call(name, argument)),
                None => Value::Object(map.iter().map(|(k, v)| (k.clone(), self.plain(v))).collect()),
            },
            Value::Array(items) => Value::Array(items.iter().map(|v| self.plain(v)).collect()),
            other => other.clone(),
        }
    }

    fn text(&self, value: &Value) -> String {
        match self.plain(value) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> String {
        match (name, argument) {
            ("Ref", Value::String(id)) => self.reference(id),
            ("Fn::GetAtt", Value::Array(path)) => self.attribute(path.first().and_then(Value::as_str).unwrap_or("")),
            ("Fn::GetAtt", Value::String(path)) => self.attribute(path.split('.').next().unwrap_or("")),
            ("Fn::Join", Value::Array(parts)) => {
                let between = parts.first().and_then(Value::as_str).unwrap_or("");
                let items = parts.get(1).and_then(Value::as_array).into_iter().flatten();
                items.map(|v| self.text(v)).collect::<Vec<_>>().join(between)
            }
            ("Fn::Sub", Value::String(text)) => self.filled(text, None),
            ("Fn::Sub", Value::Array(parts)) => {
                let text = parts.first().and_then(Value::as_str).unwrap_or("");
                self.filled(text, parts.get(1).and_then(Value::as_object))
            }
            _ => "unknown".to_owned(),
        }
    }

    fn filled(&self, text: &str, own: Option<&Map<String, Value>>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, left)) = after.split_once('}') else { break };
            out.push_str(before);
            match (name.strip_prefix('!'), own.and_then(|own| own.get(name))) {
                // What IAM itself fills in.
                (Some(kept), _) => out.push_str(&format!("${{{kept}}}")),
                (None, Some(value)) => out.push_str(&self.text(value)),
                (None, None) if name.contains('.') => {
                    out.push_str(&self.attribute(name.split('.').next().unwrap_or(name)));
                }
                (None, None) => out.push_str(&self.reference(name)),
            }
            rest = left;
        }
        out + rest
    }

    fn reference(&self, id: &str) -> String {
        match id {
            "AWS::AccountId" => self.account.to_owned(),
            "AWS::Region" => self.region.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            // The name of a topic and of a secret is its ARN.
            _ if self.kind(id).is_some_and(|k| k.starts_with("AWS::SNS::") || k.starts_with("AWS::Secrets")) => {
                self.attribute(id)
            }
            _ => id.to_ascii_lowercase().replace(':', "-"),
        }
    }

    fn kind(&self, id: &str) -> Option<&str> {
        self.template.resource(id).map(|r| r.kind.as_str())
    }

    /// The ARN that a resource of its kind would have.
    fn attribute(&self, id: &str) -> String {
        let (name, Self { account, region, .. }) = (id.to_ascii_lowercase(), self);
        let service = self.kind(id).and_then(|k| k.split("::").nth(1)).unwrap_or("unknown").to_ascii_lowercase();
        match (service.as_str(), self.kind(id).unwrap_or_default()) {
            ("s3", _) => format!("arn:aws:s3:::{name}"),
            ("iam", "AWS::IAM::Role") => format!("arn:aws:iam::{account}:role/{name}"),
            ("iam", "AWS::IAM::User") => format!("arn:aws:iam::{account}:user/{name}"),
            ("iam", _) => format!("arn:aws:iam::{account}:policy/{name}"),
            ("lambda" | "serverless", _) => format!("arn:aws:lambda:{region}:{account}:function:{name}"),
            ("dynamodb", _) => format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
            ("kms", _) => format!("arn:aws:kms:{region}:{account}:key/{name}"),
            ("logs", _) => format!("arn:aws:logs:{region}:{account}:log-group:{name}"),
            ("secretsmanager", _) => format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}"),
            ("unknown", _) => name,
            (service, _) => format!("arn:aws:{service}:{region}:{account}:{name}"),
        }
    }
}

/// A function of CloudFormation: a mapping of one key that is one.
fn called(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_the_form_that_they_will_have() {
        let text = "Resources:
  Photos: { Type: 'AWS::S3::Bucket' }
  Topic: { Type: 'AWS::SNS::Topic' }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: 's3:GetObject', Resource: !Sub '${Photos.Arn}/${!aws:username}/*' }
              - { Effect: Allow, Action: 'sns:Publish', Resource: !Ref Topic }
              - Effect: Allow
                Action: 'logs:*'
                Resource: !Join ['', ['arn:', !Ref 'AWS::Partition', ':logs:', !Ref 'AWS::Region', ':*']]
";
        let found = documents(&Template::parse(text).unwrap(), "123456789012", "eu-west-1");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|d| d.resource == "Role"));
        assert!(found[0].text.contains("lambda.amazonaws.com"), "{found:?}");
        for wanted in [
            "arn:aws:s3:::photos/${aws:username}/*",
            "arn:aws:sns:eu-west-1:123456789012:topic",
            "\"arn:aws:logs:eu-west-1:*\"",
        ] {
            assert!(found[1].text.contains(wanted), "{wanted}: {}", found[1].text);
        }
    }
}
