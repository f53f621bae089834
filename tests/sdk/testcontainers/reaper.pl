#!/usr/bin/perl
# Stands in for testcontainers/ryuk. Clients say over TCP which labels are theirs ("label=NAME=VALUE" a line, each answered by
# "ACK"). When the last of them has been gone for RYUK_RECONNECTION_TIMEOUT seconds, all containers, networks and volumes with such a label
# are removed through the engine's socket, and the reaper ends.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;

$| = 1;
my $port = $ENV{RYUK_PORT} || 8080;
my $patience = seconds($ENV{RYUK_RECONNECTION_TIMEOUT}, 10);
my $first = seconds($ENV{RYUK_CONNECTION_TIMEOUT}, 60);
my $socket = "/var/run/docker.sock";
my %labels;
my %unread;

my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "listen on $port: $@\n";
my $all = IO::Select->new($listener);
print "Started! Listening on port $port.\n";

my $alone_since = time;
my $seen_anyone = 0;
while ($all->count > 1 || time - $alone_since < ($seen_anyone ? $patience : $first)) {
  for my $ready ($all->can_read(0.2)) {
    if ($ready == $listener) {
      my $client = $listener->accept or next;
      $all->add($client);
      $seen_anyone = 1;
      next;
    }
    my $bytes = "";
    if (!sysread($ready, $bytes, 4096)) {
      $all->remove($ready);
      delete $unread{$ready};
      close $ready;
      $alone_since = time if $all->count == 1;
      next;
    }
    $unread{$ready} .= $bytes;
    die "a line is too long\n" if length $unread{$ready} > 65536;
    while ($unread{$ready} =~ s/^([^\n]*)\n//) {
      my $line = $1;
      $line =~ s/\r$//;
      next if $line eq "";
      if ($line =~ /^label=(.+)$/) { $labels{$1} = 1; }
      syswrite $ready, "ACK\n";
    }
  }
}

for my $label (sort keys %labels) {
  my $filters = escaped('{"label":["' . $label . '"]}');
  remove("containers", "/containers/json?all=1&filters=$filters", "Id", "?force=1&v=1");
  remove("networks", "/networks?filters=$filters", "Id", "");
  remove("volumes", "/volumes?filters=$filters", "Name", "?force=1");
}
print "Done.\n";

# Removes every object that a list holds. The key stands once in each object of these lists, or first.
sub remove {
  my ($kind, $list, $key, $query) = @_;
  my (undef, $body) = call("GET", $list);
  my %names = map { $_ => 1 } grep { !/^\s*$/ } $body =~ /[{,]\s*"$key"\s*:\s*"([^"]+)"/g;
  for my $name (sort keys %names) {
    next if defined $ENV{HOSTNAME} && index($name, $ENV{HOSTNAME}) == 0;
    my ($status) = call("DELETE", "/$kind/$name$query");
    print "$kind: removed $name ($status)\n";
  }
}

# One request; its status and body.
sub call {
  my ($method, $path) = @_;
  my $engine = IO::Socket::UNIX->new(Peer => $socket) or die "$socket: $!\n";
  print $engine "$method $path HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n\r\n";
  my $answer = do { local $/; <$engine> };
  my ($head, $body) = split /\r\n\r\n/, $answer // "", 2;
  my ($status) = ($head // "") =~ m{^HTTP/1\.\d (\d+)};
  return ($status // 0, $body // "");
}

sub escaped {
  my ($text) = @_;
  $text =~ s/([^A-Za-z0-9_.~-])/sprintf("%%%02X", ord $1)/ge;
  return $text;
}

# "10s" or "1m" in seconds.
sub seconds {
  my ($text, $default) = @_;
  return $default unless defined $text && $text =~ /^(\d+)(ms|s|m)?$/;
  my $unit = $2 // "s";
  return $unit eq "m" ? $1 * 60 : $unit eq "ms" ? $1 / 1000 : $1;
}
