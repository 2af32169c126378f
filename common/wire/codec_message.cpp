#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/wire/codec.h"
#include "common/wire/codec_fields.h"

namespace foreshock {

namespace {

using wire::AlignedView;
using wire::BuilderLease;
using wire::FieldReader;
using wire::from_wire;
using wire::to_wire;
namespace fb = flatbuffers;
using Builder = fb::FlatBufferBuilder;

/// The body of an envelope while it is built: which member of the union, and where it lies.
struct BodyOffset {
  schema::Body type;
  fb::Offset<void> offset;
};

// Writing: one overload a message.

BodyOffset write_body(Builder& builder, const Hello& hello) {
  const auto host_name = builder.CreateString(hello.host_name);
  const auto version = wire::write_text(builder, hello.agent_version);
  const auto boot_id = to_wire(hello.boot_id.value);
  const auto incarnation = to_wire(hello.incarnation.value);
  return {schema::Body::Hello, schema::CreateHello(builder, hello.protocol, host_name, version,
                                                   &boot_id, &incarnation, hello.highest_epoch)
                                   .Union()};
}

BodyOffset write_body(Builder& builder, const Batch& batch) {
  const auto payload = builder.CreateVector(
      reinterpret_cast<const std::uint8_t*>(batch.payload.data()), batch.payload.size());
  const auto incarnation = to_wire(batch.incarnation.value);
  return {schema::Body::Batch,
          schema::CreateBatch(builder, &incarnation, batch.sequence, payload).Union()};
}

BodyOffset write_body(Builder& builder, const UrgentExec& urgent) {
  wire::SharedTexts texts;
  const auto execution = wire::write_execution(builder, texts, urgent.execution);
  const auto boot_id = to_wire(urgent.boot_id.value);
  return {schema::Body::UrgentExec,
          schema::CreateUrgentExec(builder, &boot_id, urgent.wall_minus_boot.count(), execution)
              .Union()};
}

BodyOffset write_body(Builder& builder, const Welcome& welcome) {
  const auto version = wire::write_text(builder, welcome.coordinator_version);
  return {schema::Body::Welcome, schema::CreateWelcome(builder, welcome.protocol, version,
                                                       welcome.epoch, to_ns(welcome.time))
                                     .Union()};
}

BodyOffset write_body(Builder& builder, const Ack& ack) {
  const auto sequences = builder.CreateVector(ack.sequences);
  const auto incarnation = to_wire(ack.incarnation.value);
  return {schema::Body::Ack, schema::CreateAck(builder, &incarnation, sequences).Union()};
}

std::pair<schema::CommandBody, fb::Offset<void>> write_request(Builder& builder,
                                                               const Adjustment& adjustment) {
  const auto target = wire::write_target(builder, adjustment.target);
  const auto value = wire::write_knob_value(adjustment.value);
  return {schema::CommandBody::Adjustment,
          schema::CreateAdjustment(builder, target, to_wire(adjustment.knob), &value).Union()};
}

std::pair<schema::CommandBody, fb::Offset<void>> write_request(Builder& builder,
                                                               const Restoration& restoration) {
  const auto target = wire::write_target(builder, restoration.target);
  return {schema::CommandBody::Restoration,
          schema::CreateRestoration(builder, target, to_wire(restoration.knob)).Union()};
}

std::pair<schema::CommandBody, fb::Offset<void>> write_request(Builder& builder,
                                                               const ArmReflex& arm) {
  const auto reflex = wire::write_reflex(builder, arm.reflex);
  return {schema::CommandBody::ArmReflex, schema::CreateArmReflex(builder, reflex).Union()};
}

std::pair<schema::CommandBody, fb::Offset<void>> write_request(Builder& builder,
                                                               const DisarmReflex& disarm) {
  return {schema::CommandBody::DisarmReflex,
          schema::CreateDisarmReflex(builder, disarm.decision_id).Union()};
}

BodyOffset write_body(Builder& builder, const Command& command) {
  const auto request =
      std::visit([&](const auto& body) { return write_request(builder, body); }, command.body);
  return {schema::Body::Command,
          schema::CreateCommand(builder, command.id, command.decision_id, command.epoch,
                                to_ns(command.issued), to_ns(command.expires), request.first,
                                request.second)
              .Union()};
}

BodyOffset write_body(Builder& builder, const WatchList& list) {
  const auto base_names = builder.CreateVectorOfStrings(list.base_names);
  const auto signatures = builder.CreateVectorOfStrings(list.signatures);
  std::vector<fb::Offset<schema::SignatureRule>> rules;
  for (const auto& rule : list.rules) {
    const auto signature = builder.CreateString(rule.signature);
    const auto command = builder.CreateString(rule.command);
    const auto name = builder.CreateString(rule.name);
    rules.push_back(schema::CreateSignatureRule(builder, signature, command, name));
  }
  return {schema::Body::WatchList, schema::CreateWatchList(builder, list.version, base_names,
                                                           signatures, builder.CreateVector(rules))
                                       .Union()};
}

template <typename Message>
ByteBuffer encode(const Message& message) {
  const BuilderLease builder;
  const BodyOffset body =
      std::visit([&](const auto& one) { return write_body(*builder, one); }, message);
  schema::FinishEnvelopeBuffer(*builder, schema::CreateEnvelope(*builder, body.type, body.offset));
  const auto bytes = std::as_bytes(std::span(builder->GetBufferPointer(), builder->GetSize()));
  return {bytes.begin(), bytes.end()};
}

// Reading: one function a message.

Hello read_hello(FieldReader& reader, const schema::Hello& table) {
  return {.protocol = table.protocol(),
          .host_name = reader.text(table.host_name()),
          .agent_version = reader.text(table.agent_version()),
          .boot_id = {from_wire(*table.boot_id())},
          .incarnation = {from_wire(*table.incarnation())},
          .highest_epoch = table.highest_epoch()};
}

Batch read_batch(FieldReader&, const schema::Batch& table) {
  const auto payload = std::as_bytes(std::span(table.payload()->data(), table.payload()->size()));
  return {.incarnation = {from_wire(*table.incarnation())},
          .sequence = table.sequence(),
          .payload = {payload.begin(), payload.end()}};
}

UrgentExec read_urgent(FieldReader& reader, const schema::UrgentExec& table) {
  return {.boot_id = {from_wire(*table.boot_id())},
          .wall_minus_boot = reader.signed_duration(table.wall_minus_boot_ns()),
          .execution = wire::read_execution(reader, *table.execution())};
}

Welcome read_welcome(FieldReader& reader, const schema::Welcome& table) {
  return {.protocol = table.protocol(),
          .coordinator_version = reader.text(table.coordinator_version()),
          .epoch = table.epoch(),
          .time = wall_time_from_ns(table.time_ns())};
}

/// Verified vectors may lie at addresses that their elements must not be read from.
std::vector<std::uint64_t> read_numbers(const fb::Vector<std::uint64_t>& vector) {
  std::vector<std::uint64_t> numbers(vector.size());
  if (!numbers.empty())
    std::memcpy(numbers.data(), vector.Data(), numbers.size() * sizeof(std::uint64_t));
  for (auto& number : numbers) number = fb::EndianScalar(number);
  return numbers;
}

Ack read_ack(FieldReader&, const schema::Ack& table) {
  return {.incarnation = {from_wire(*table.incarnation())},
          .sequences = read_numbers(*table.sequences())};
}

std::vector<SignatureRule> read_rules(FieldReader& reader,
                                      const fb::Vector<fb::Offset<schema::SignatureRule>>* tables) {
  std::vector<SignatureRule> rules;
  if (!tables || !reader.charge(tables->size() * sizeof(SignatureRule))) return rules;
  rules.reserve(tables->size());
  for (const schema::SignatureRule* table : *tables) {
    rules.push_back({.signature = reader.text(table->signature()),
                     .command = reader.text(table->command()),
                     .name = reader.text(table->name())});
    if (reader.fault()) break;
  }
  return rules;
}

WatchList read_watch_list(FieldReader& reader, const schema::WatchList& table) {
  return {.version = table.version(),
          .base_names = reader.texts(table.base_names()),
          .signatures = reader.texts(table.signatures()),
          .rules = read_rules(reader, table.rules())};
}

Result<Command> read_command(FieldReader& reader, const schema::Command& table) {
  Command command{.id = table.id(),
                  .decision_id = table.decision_id(),
                  .epoch = table.epoch(),
                  .issued = reader.wall_time(table.issued_wall_ns()),
                  .expires = reader.wall_time(table.expires_wall_ns()),
                  .body = {}};
  if (const auto* adjustment = table.body_as_Adjustment()) {
    command.body = Adjustment{.target = wire::read_target(reader, *adjustment->target()),
                              .knob = from_wire(adjustment->knob()),
                              .value = wire::read_knob_value(*adjustment->value())};
    return command;
  }
  if (const auto* restoration = table.body_as_Restoration()) {
    command.body = Restoration{.target = wire::read_target(reader, *restoration->target()),
                               .knob = from_wire(restoration->knob())};
    return command;
  }
  if (const auto* arm = table.body_as_ArmReflex()) {
    command.body = ArmReflex{.reflex = wire::read_reflex(reader, *arm->reflex())};
    return command;
  }
  if (const auto* disarm = table.body_as_DisarmReflex()) {
    command.body = DisarmReflex{.decision_id = disarm->decision_id()};
    return command;
  }
  return Error(ErrorCode::unsupported,
               fmt::format("command {} asks for something this version does not know", table.id()));
}

Result<AgentMessage> read_agent_body(FieldReader& reader, const schema::Envelope& envelope) {
  switch (envelope.body_type()) {
    case schema::Body::Hello:
      return AgentMessage(read_hello(reader, *envelope.body_as_Hello()));
    case schema::Body::Batch:
      return AgentMessage(read_batch(reader, *envelope.body_as_Batch()));
    case schema::Body::UrgentExec:
      return AgentMessage(read_urgent(reader, *envelope.body_as_UrgentExec()));
    default:
      return Error(ErrorCode::unsupported, fmt::format("body {} is not one that an agent sends",
                                                       static_cast<int>(envelope.body_type())));
  }
}

Result<CoordinatorMessage> read_coordinator_body(FieldReader& reader,
                                                 const schema::Envelope& envelope) {
  switch (envelope.body_type()) {
    case schema::Body::Welcome:
      return CoordinatorMessage(read_welcome(reader, *envelope.body_as_Welcome()));
    case schema::Body::Ack:
      return CoordinatorMessage(read_ack(reader, *envelope.body_as_Ack()));
    case schema::Body::WatchList:
      return CoordinatorMessage(read_watch_list(reader, *envelope.body_as_WatchList()));
    case schema::Body::Command: {
      FS_TRY(Command command, read_command(reader, *envelope.body_as_Command()));
      return CoordinatorMessage(std::move(command));
    }
    default:
      return Error(ErrorCode::unsupported,
                   fmt::format("body {} is not one that a coordinator sends",
                               static_cast<int>(envelope.body_type())));
  }
}

template <typename Message, typename ReadBody>
Result<Message> decode(ByteView bytes, ReadBody read_body) {
  if (bytes.size() > kMaxMessageBytes) {
    return Error(ErrorCode::corrupt, fmt::format("decode message: {} bytes, more than {}",
                                                 bytes.size(), kMaxMessageBytes));
  }
  const AlignedView view(bytes);
  fb::Verifier verifier(view.data(), view.size(), wire::kMaxDepth, wire::kMaxTables);
  if (!schema::VerifyEnvelopeBuffer(verifier)) {
    return Error(ErrorCode::corrupt, "decode message: not a sound envelope");
  }
  FieldReader reader;
  auto message = read_body(reader, *schema::GetEnvelope(view.data()));
  if (reader.fault())
    return Error(ErrorCode::corrupt, fmt::format("decode message: {}", *reader.fault()));
  if (!message) return message.error().in("decode message");
  return message;
}

}  // namespace

ByteBuffer encode_message(const AgentMessage& message) {
  return encode(message);
}
ByteBuffer encode_message(const CoordinatorMessage& message) {
  return encode(message);
}

Result<AgentMessage> decode_agent_message(ByteView bytes) {
  return decode<AgentMessage>(bytes, read_agent_body);
}

Result<CoordinatorMessage> decode_coordinator_message(ByteView bytes) {
  return decode<CoordinatorMessage>(bytes, read_coordinator_body);
}

}  // namespace foreshock
