variable "project" {
  description = "id of the project that pays"
  type        = string
}

variable "region" {
  description = "near the exchange: its answers come sooner"
  type        = string
  default     = "asia-northeast1"
}

variable "zone" {
  description = "a zone of that region"
  type        = string
  default     = "asia-northeast1-b"
}

variable "machine_type" {
  description = "two processors and 8 GB are enough for a session, its window and what measures it"
  type        = string
  default     = "e2-standard-2"
}

variable "disk_gb" {
  description = "size of the disk that keeps runs and databases [GB]"
  type        = number
  default     = 30
}
